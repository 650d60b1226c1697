/** What became of the requests of an open loop, step by step. Pure. */
import { summarise } from '../../test/helpers/percentiles.ts';
import type { LoadStep } from '../types.ts';
import type { Arrival, Phase } from './arrivals.ts';
import type { Outcome } from './open-loop-client.ts';

export interface Asked extends Arrival {
  readonly outcome: Outcome;
  /** From when it was due to its end, whatever that was. */
  readonly tookMs: number;
}

const isGood = ({ outcome, tookMs }: Asked, withinMs: number): boolean => outcome === 'ok' && tookMs <= withinMs;

export const summariseSteps = (
  options: { readonly steps: readonly Phase[]; readonly discardShare: number; readonly goodWithinMs: number },
  asked: readonly Asked[],
): LoadStep[] =>
  options.steps.map(({ perSecond, seconds }, phase) => {
    const discardMs = seconds * 1000 * options.discardShare;
    const counted = asked.filter((one) => one.phase === phase && one.intoMs >= discardMs);
    const countedSeconds = seconds * (1 - options.discardShare);
    const times = (outcome: Outcome): number[] =>
      counted.filter((one) => one.outcome === outcome).map(({ tookMs }) => tookMs);
    return {
      offeredPerSecond: perSecond,
      goodPerSecond: counted.filter((one) => isGood(one, options.goodWithinMs)).length / countedSeconds,
      accepted: summarise(times('ok')),
      refused: summarise(times('refused')),
      unserved: summarise([...times('refused'), ...times('given-up'), ...times('closed'), ...times('other')]),
      givenUpPerSecond: times('given-up').length / countedSeconds,
    };
  });

/** Share of good answers in a quarter of a second from which a server counts as well again. */
const WELL_SHARE = 0.95;
const WINDOW_MS = 250;

/**
 * From the end of the flood until all that is asked later is answered well (but for one in twenty).
 * The whole length of the phase if that never came.
 */
export const recoverySeconds = (
  asked: readonly Asked[],
  phase: number,
  goodWithinMs: number,
  phaseSeconds: number,
): number => {
  const after = asked.filter((one) => one.phase === phase);
  const windowCount = Math.floor((phaseSeconds * 1000) / WINDOW_MS);
  let recoveredAt = 0;
  for (let window = 0; window < windowCount; window += 1) {
    const inside = after.filter(({ intoMs }) => Math.floor(intoMs / WINDOW_MS) === window);
    const good = inside.filter((one) => isGood(one, goodWithinMs)).length;
    if (good < inside.length * WELL_SHARE) recoveredAt = window + 1;
  }
  return Math.min(phaseSeconds, (recoveredAt * WINDOW_MS) / 1000);
};
