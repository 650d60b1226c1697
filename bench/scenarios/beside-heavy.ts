/**
 * One client that asks for little beside as many heavy ones as leave it one thread. It should not
 * notice them, wherever in the handler they block, and however many requests a thread may run at a
 * time. What is aimed at: a p90 of the light requests of 2 ms at most.
 */
import { barChart, type Quantity } from '../charts/from-result.ts';
import { runBesideHeavyApart } from '../load/beside-heavy.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Contender, Scenario } from '../types.ts';

const THREADS = 4;
const HEAVY_MS = 50;
const THINK_MS = [0, 10] as const;

const contenders: readonly Contender[] = [
  { rival: 'hyperion', threads: THREADS },
  {
    rival: 'hyperion',
    threads: THREADS,
    label: 'hyperion, 1 at a time',
    settings: { concurrencyPerThread: 1 },
  },
  { rival: 'node:cluster', threads: THREADS },
  { rival: 'watt', threads: THREADS },
  { rival: 'fastify+piscina', threads: THREADS },
];

const lightLatency = (percentile: 'p50' | 'p90' | 'p99'): Quantity => ({
  title: percentile,
  note: 'ms, light requests; less is better',
  of: (one) => one.lightMs?.[percentile],
});

/** `path` of the heavy requests. */
const describeBeside = (name: string, title: string, where: string, path: string): Scenario => {
  const how =
    `one keep-alive client that thinks for ${THINK_MS.join('-')} ms, beside ${THREADS - 1} that ask at once again ` +
    `for what blocks its thread for ${HEAVY_MS} ms, ${where}`;
  return {
    name,
    title,
    description: `${how}; ${THREADS} threads. 1 at a time: concurrencyPerThread 1`,
    app: 'work.mjs',
    contenders,
    check: { target: `${path}?ms=1`, body: 'done\n' },
    seconds: 6,
    warmUpSeconds: 3,
    // One client that thinks would keep most of the code uncompiled.
    warmUp: ({ port, seconds }) => runClosedLoopApart({ port, target: '/', connections: 64, seconds }),
    load: ({ port, seconds, round }) =>
      runBesideHeavyApart({
        port,
        seconds,
        lightTarget: '/',
        thinkMs: THINK_MS,
        heavyTarget: `${path}?ms=${HEAVY_MS}`,
        heavyClients: THREADS - 1,
        seed: round,
      }),
    figures: [
      { key: 'lightPerSecond', title: 'light requests/s' },
      { key: 'heavyPerSecond', title: 'heavy requests/s' },
    ],
    charts: (result) => [
      barChart(
        result,
        title,
        `one client that thinks for 0-10 ms beside three that block a thread for 50 ms ${where}`,
        (['p50', 'p90', 'p99'] as const).map(lightLatency),
      ),
    ],
  };
};

export const besideHeavy: Scenario = describeBeside(
  'beside-heavy',
  'A light client beside heavy ones',
  'at once',
  '/block',
);

/** The thread looks idle until it blocks: who hands out by what it sees then has given it more. */
export const besideHeavyAwait: Scenario = describeBeside(
  'beside-heavy-await',
  'A light client beside heavy ones that block after an await',
  'after an await',
  '/await-block',
);
