/**
 * Load that does not wait for the server: requests are due at a fixed mean rate that rises in
 * steps, and falls back at the end. Each takes a free keep-alive connection or opens one. All times
 * count from when the request was due, so that a stalled server cannot hide. In a process of its own.
 */
import { summarise } from '../../test/helpers/percentiles.ts';
import { Random } from '../../test/helpers/random.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';
import { scheduleArrivals, type Arrival, type Phase } from './arrivals.ts';
import { watchGeneratorCpu } from './generator-cpu.ts';
import { OpenLoopClient, type Outcome } from './open-loop-client.ts';
import { recoverySeconds, summariseSteps, type Asked } from './open-loop-report.ts';

export interface OpenLoopOptions {
  readonly port: number;
  readonly target: string;
  readonly steps: readonly Phase[];
  /** The load after the flood: how long until all is well again is what is asked. */
  readonly recovery: Phase;
  /** Of each step this much is not counted: the queue of the step before is still there. */
  readonly discardShare: number;
  readonly goodWithinMs: number;
  /** Clients lose patience. */
  readonly giveUpAfterMs: number;
  readonly seed: number;
}

/** Timers have whole milliseconds: so fine is the arrival of a request. */
const TICK_MS = 1;

export const runOpenLoop = async (options: OpenLoopOptions): Promise<LoadReport> => {
  const phases = [...options.steps, options.recovery];
  const arrivals = scheduleArrivals(phases, options.seed);
  const bytes = Buffer.from(`GET ${options.target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const free: OpenLoopClient[] = [];
  const open = new Set<OpenLoopClient>();
  const asked: Asked[] = [];
  const sentLate: number[] = [];
  const errors = { closed: 0, other: 0 };
  let outstanding = 0;
  const random = new Random(options.seed);
  const readCpu = watchGeneratorCpu();
  const start = performance.now();

  const forget = (client: OpenLoopClient): void => {
    open.delete(client);
    const at = free.indexOf(client);
    if (at !== -1) free.splice(at, 1);
  };
  const connectOne = (): OpenLoopClient => {
    const client = new OpenLoopClient(options.port, bytes, forget);
    open.add(client);
    return client;
  };
  // Any of the free ones: always the last used would keep few connections hot, and the others unseen.
  const takeFree = (): OpenLoopClient | undefined => {
    const at = random.integer(0, Math.max(0, free.length - 1));
    const taken = free[at];
    const last = free.pop();
    if (taken !== undefined && last !== undefined && taken !== last) free[at] = last;
    return taken;
  };
  const ask = (arrival: Arrival): void => {
    const dueAt = start + arrival.atMs;
    const client = takeFree() ?? connectOne();
    outstanding += 1;
    sentLate.push(performance.now() - dueAt);
    client.ask(options.giveUpAfterMs, (outcome: Outcome, isFree) => {
      outstanding -= 1;
      if (isFree) free.push(client);
      if (outcome === 'closed' || outcome === 'other') errors[outcome] += 1;
      asked.push({ ...arrival, outcome, tookMs: performance.now() - dueAt });
    });
  };

  for (let next = 0; next < arrivals.length || outstanding > 0;) {
    const now = performance.now() - start;
    for (let due = arrivals[next]; due !== undefined && due.atMs <= now; due = arrivals[next]) {
      ask(due);
      next += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  for (const client of open) client.destroy();
  const ok = asked.filter(({ outcome }) => outcome === 'ok');
  return {
    ...readCpu(),
    requests: ok.length,
    latencyMs: summarise(ok.map(({ tookMs }) => tookMs)),
    errors,
    steps: summariseSteps(options, asked),
    figures: {
      recoverySeconds: recoverySeconds(asked, options.steps.length, options.goodWithinMs, options.recovery.seconds),
      sentLateMs: summarise(sentLate).p99,
    },
  };
};

export const runOpenLoopApart = (options: OpenLoopOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runOpenLoop, options);
