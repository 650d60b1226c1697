/**
 * One clock for all threads: milliseconds of the system's monotonic clock. `performance.now()` is
 * cheap but counts from each thread's own start, so every thread adds its own start once.
 */

/** A thread may lose its processor between two looks at the clocks: the quickest of so many tries is right. */
const TRIES = 8;

function findStartMs(): number {
  let startMs = 0;
  let quickest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = performance.now();
    const [seconds, nanoseconds] = process.hrtime();
    const took = performance.now() - before;
    if (took >= quickest) continue;
    quickest = took;
    startMs = seconds * 1000 + nanoseconds / 1e6 - (before + took / 2);
  }
  return startMs;
}

const START_MS = findStartMs();

export const nowMs = (): number => START_MS + performance.now();

/** The clock as a shared cell holds it: whole milliseconds, low 32 bits. */
export const toCellMs = (ms: number): number => Math.trunc(ms) | 0;

/** How long ago a cell's time was. Right while that is under 24 days. */
export const msSince = (cellMs: number, ms: number): number => (toCellMs(ms) - cellMs) | 0;
