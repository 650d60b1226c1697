/**
 * More requests than the threads can serve, in steps, then little again. What counts is what still
 * comes in time. Requests block their thread by waiting: burnt CPU would starve the generator.
 */
import { overloadChart } from '../charts/overload.ts';
import { runOpenLoopApart } from '../load/open-loop.ts';
import type { Contender, Scenario } from '../types.ts';

const THREADS = 4;
const WORK_MS = 10;
/** What the threads can serve at the very most. */
const CAPACITY_PER_SECOND = (THREADS * 1000) / WORK_MS;
const STEPS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5];
const GOOD_WITHIN_MS = 1_000;
const GIVE_UP_AFTER_MS = 2_000;
/** Half a second's worth of the capacity, which is also what hyperion finds by itself ('auto', its default). */
const MAX_WAITING = CAPACITY_PER_SECOND / 2;
/** Of the whole length, the part after the flood. */
const RECOVERY_SHARE = 0.2;

const contenders: readonly Contender[] = [
  { rival: 'hyperion', threads: THREADS, settings: { maxPending: 'auto' } },
  { rival: 'node:cluster', threads: THREADS },
  { rival: 'watt', threads: THREADS },
  { rival: 'fastify+piscina', threads: THREADS, settings: { maxQueue: MAX_WAITING } },
  { rival: 'bun', threads: THREADS },
];

export const overload: Scenario = {
  name: 'overload',
  title: 'Overload',
  description:
    `${WORK_MS} ms handlers (blocking wait), ${THREADS} threads: at most ${CAPACITY_PER_SECOND} requests/s. Open loop, ` +
    `independent arrivals at ${STEPS.join(', ')} times that, then 0.5 times. Clients give up after ${GIVE_UP_AFTER_MS / 1000} s. ` +
    `hyperion with its default (maxPending 'auto'), piscina with maxQueue ${MAX_WAITING}; the others have no limit to set`,
  app: 'work.mjs',
  contenders,
  check: { target: '/', body: 'done\n' },
  seconds: 40,
  // The first steps are light.
  warmUpSeconds: 0,
  load: ({ port, seconds, round }) =>
    runOpenLoopApart({
      port,
      target: `/block?ms=${WORK_MS}`,
      steps: STEPS.map((factor) => ({
        perSecond: factor * CAPACITY_PER_SECOND,
        seconds: (seconds * (1 - RECOVERY_SHARE)) / STEPS.length,
      })),
      recovery: { perSecond: CAPACITY_PER_SECOND / 2, seconds: seconds * RECOVERY_SHARE },
      discardShare: 0.3,
      goodWithinMs: GOOD_WITHIN_MS,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
      seed: round,
    }),
  figures: [
    { key: 'recoverySeconds', title: 'recovery s' },
    { key: 'sentLateMs', title: 'sent late by ms (p99)' },
  ],
  charts: (result) => [overloadChart(result, CAPACITY_PER_SECOND, GOOD_WITHIN_MS)],
};
