/** How often the thread of one place may be replaced because it asks for it. Pure. */

/** A thread that lives for less than this before it must be replaced does little but load its app. */
const QUICK_MS = 10_000;
/** So many quick ones in a row are taken for a burst, not for a limit that the app can never keep. */
const FREE_QUICK_RECYCLES = 3;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** `quickRecycles`: of this place in a row, up to the newest; `livedMs` is how long the one now replaced has served. */
export const afterRecycle = (quickRecycles: number, livedMs: number): number =>
  livedMs < QUICK_MS ? quickRecycles + 1 : 0;

/** How long a thread serves at least before it is replaced: growing, if its predecessors were replaced soon. */
export const leastLifeMs = (quickRecycles: number): number => {
  const paused = quickRecycles - FREE_QUICK_RECYCLES;
  return paused < 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** paused, LONGEST_PAUSE_MS);
};
