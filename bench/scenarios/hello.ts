/** The smallest handler over keep-alive connections: what a request costs. */
import { throughputCharts } from '../charts/from-result.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Scenario } from '../types.ts';

export const hello: Scenario = {
  name: 'hello',
  title: 'The smallest handler',
  description: 'smallest handler through the node adapter, 64 keep-alive connections, closed loop',
  app: 'hello.mjs',
  contenders: [
    { rival: 'node:http', threads: 1 },
    { rival: 'hyperion', threads: 1 },
    { rival: 'bun', threads: 1 },
    { rival: 'node:cluster', threads: 2 },
    { rival: 'hyperion', threads: 2 },
    { rival: 'watt', threads: 2 },
    { rival: 'bun', threads: 2 },
  ],
  check: { target: '/', body: 'hello\n' },
  seconds: 4,
  warmUpSeconds: 3,
  load: ({ port, seconds }) => runClosedLoopApart({ port, target: '/', connections: 64, seconds }),
  charts: throughputCharts('The smallest handler', '64 keep-alive connections, closed loop'),
};
