/** What became of the requests of one phase. Pure. In: each request, each connection lost between requests. */
import { median, summarise } from '../../test/helpers/percentiles.ts';
import type { Answer } from './light-client.ts';
import type { PhaseReport } from './types.ts';

export interface Asked extends Answer {
  readonly phase: number;
  /** When it was due, from the beginning of its phase. */
  readonly intoMs: number;
  /** From when it was due to its end. */
  readonly tookMs: number;
  /** From when it was due to when it was sent. */
  readonly lateMs: number;
}

export interface IdleLoss {
  readonly phase: number;
  readonly how: 'reset' | 'closed';
}

const WINDOW_MS = 1000;
const UNTOUCHED = '200';

const p95 = (times: readonly number[]): number | undefined =>
  [...times].sort((a, b) => a - b)[Math.max(0, Math.ceil(times.length * 0.95) - 1)];

const countBy = (keys: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

/** A second in which nobody was served counts as `withoutMs`: left out, it would flatter. */
export const windowP95s = (
  untouched: readonly Pick<Asked, 'intoMs' | 'tookMs'>[],
  seconds: number,
  withoutMs: number,
): number[] =>
  Array.from({ length: Math.max(1, Math.floor(seconds)) }, (_, window) => {
    const inside = untouched.filter(({ intoMs }) => Math.floor(intoMs / WINDOW_MS) === window);
    return p95(inside.map(({ tookMs }) => tookMs)) ?? withoutMs;
  });

/** `giveUpAfterMs`: how long the clients wait. */
export const summarisePhase = (
  {
    phase,
    seconds,
    giveUpAfterMs,
  }: { readonly phase: number; readonly seconds: number; readonly giveUpAfterMs: number },
  asked: readonly Asked[],
  lost: readonly IdleLoss[],
): PhaseReport => {
  const inside = asked.filter((one) => one.phase === phase);
  const ended = countBy(inside.map(({ ending }) => ending));
  const untouched = inside.filter(({ status }) => status === UNTOUCHED);
  const windowP95Ms = windowP95s(untouched, seconds, giveUpAfterMs);
  const idle = (how: IdleLoss['how']): number => lost.filter((one) => one.phase === phase && one.how === how).length;
  return {
    sent: inside.length,
    answered: countBy(inside.filter(({ ending }) => ending === 'answered').map(({ status }) => status)),
    unanswered: {
      reset: ended['reset'] ?? 0,
      closed: ended['closed'] ?? 0,
      'given-up': ended['given-up'] ?? 0,
      unconnected: ended['unconnected'] ?? 0,
    },
    cutInReply: ended['cut'] ?? 0,
    idleLost: { reset: idle('reset'), closed: idle('closed') },
    untouchedShare: inside.length === 0 ? 0 : untouched.length / inside.length,
    untouchedMs: summarise(untouched.map(({ tookMs }) => tookMs)),
    windowP95Ms,
    p95Ms: median(windowP95Ms),
    sentLateP95Ms: p95(inside.map(({ lateMs }) => lateMs)) ?? 0,
  };
};
