/**
 * One clock for all threads: milliseconds of the system's monotonic clock. `performance.now()` is
 * cheap but counts from each thread's own start, so every thread adds its own start once.
 */
const [seconds, nanoseconds] = process.hrtime();
const START_MS = seconds * 1000 + nanoseconds / 1e6 - performance.now();

export const nowMs = (): number => START_MS + performance.now();

/** The clock as a shared cell holds it: whole milliseconds, low 32 bits. */
export const toCellMs = (ms: number): number => Math.trunc(ms) | 0;

/** How long ago a cell's time was. Right while that is under 24 days. */
export const msSince = (cellMs: number, ms: number): number => (toCellMs(ms) - cellMs) | 0;
