/** How long a dead thread's place stays empty. Pure. */

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/**
 * A thread that had been ready is replaced at once. One that dies while it starts is tried again
 * after growing pauses: the `failedStarts`-th in a row waits twice as long as the one before.
 */
export const restartPauseMs = (failedStarts: number): number =>
  failedStarts === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failedStarts - 1), LONGEST_PAUSE_MS);
