/** How long a dead thread's place stays empty. Pure. */

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** A thread that served for less than this has hardly served. */
const SHORT_LIFE_MS = 1000;
/** So many short lives in a row are taken for an app that dies by itself, not for requests that kill it. */
const FREE_SHORT_LIVES = 10;
/** The app loads, and serves while it lives: its clients wait no longer than this for the next thread. */
const LONGEST_PAUSE_AFTER_LIFE_MS = 500;

/** What became of a place's threads. Both counts are of threads in a row, up to the newest. */
export interface PlaceHistory {
  /** Died before they were ready. */
  readonly failedStarts: number;
  /** Died within a second of being ready. */
  readonly shortLives: number;
}

export const NEW_PLACE: PlaceHistory = Object.freeze({ failedStarts: 0, shortLives: 0 });

/** `livedMs`: from ready to its end; undefined if it was never ready. */
export const afterDeath = (history: PlaceHistory, livedMs: number | undefined): PlaceHistory => {
  if (livedMs === undefined) return { ...history, failedStarts: history.failedStarts + 1 };
  return { failedStarts: 0, shortLives: livedMs < SHORT_LIFE_MS ? history.shortLives + 1 : 0 };
};

/**
 * A thread that had been ready is replaced at once. One that dies while it starts is tried again
 * after growing pauses, each twice as long as the one before; so is one that dies right after it is
 * ready, again and again, but never after more than half a second.
 */
export const restartPauseMs = ({ failedStarts, shortLives }: PlaceHistory): number =>
  failedStarts > 0
    ? growingPauseMs(failedStarts, LONGEST_PAUSE_MS)
    : growingPauseMs(shortLives - FREE_SHORT_LIVES, LONGEST_PAUSE_AFTER_LIFE_MS);

const growingPauseMs = (nth: number, longestMs: number): number =>
  nth <= 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (nth - 1), longestMs);
