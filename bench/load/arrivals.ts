/**
 * When the requests of an open loop are due, whatever the server does: independent clients, so the
 * pauses are exponential (a Poisson process). Pure. In: rates and lengths. Out: ms from the start.
 */
import { Random } from '../../test/helpers/random.ts';

export interface Phase {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Arrival {
  readonly atMs: number;
  /** Index of its phase. */
  readonly phase: number;
  /** How far into it, ms. */
  readonly intoMs: number;
}

export const scheduleArrivals = (phases: readonly Phase[], seed: number): Arrival[] => {
  const random = new Random(seed);
  const arrivals: Arrival[] = [];
  let startMs = 0;
  for (const [phase, { perSecond, seconds }] of phases.entries()) {
    const lengthMs = seconds * 1000;
    const pause = (): number => (-Math.log(1 - random.next()) * 1000) / perSecond;
    for (let intoMs = pause(); intoMs < lengthMs; intoMs += pause()) {
      arrivals.push({ atMs: startMs + intoMs, phase, intoMs });
    }
    startMs += lengthMs;
  }
  return arrivals;
};
