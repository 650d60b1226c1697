/** Memory by number of threads, with an ordinary app loaded and after some load. */
import { memoryChart } from '../charts/memory.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Scenario } from '../types.ts';

const THREADS = [1, 2, 4, 8];

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory',
  description: 'memory of the whole server with an Express app, after load on 64 keep-alive connections',
  app: 'express.mjs',
  contenders: ['hyperion', 'node:cluster', 'watt'].flatMap((rival) => THREADS.map((threads) => ({ rival, threads }))),
  check: { target: '/', body: 'hello\n' },
  seconds: 2,
  warmUpSeconds: 1,
  load: ({ port, seconds }) => runClosedLoopApart({ port, target: '/', connections: 64, seconds }),
  charts: (result) => [memoryChart(result)],
};
