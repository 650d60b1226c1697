/** A new connection for every request: clients and proxies without keep-alive. */
import { throughputCharts } from '../charts/from-result.ts';
import { runConnectionEachApart } from '../load/connection-each.ts';
import type { Scenario } from '../types.ts';

export const connectionPerRequest: Scenario = {
  name: 'connection-per-request',
  title: 'A connection for every request',
  description: 'smallest handler, 32 clients that open a connection for each request (connection: close), closed loop',
  app: 'hello.mjs',
  contenders: [
    { rival: 'node:http', threads: 1 },
    { rival: 'hyperion', threads: 1 },
    { rival: 'bun', threads: 1 },
    { rival: 'node:cluster', threads: 2 },
    { rival: 'hyperion', threads: 2 },
    { rival: 'watt', threads: 2 },
  ],
  check: { target: '/', body: 'hello\n' },
  seconds: 4,
  warmUpSeconds: 4,
  load: ({ port, seconds }) => runConnectionEachApart({ port, target: '/', clients: 32, seconds }),
  charts: throughputCharts('A connection for every request', '32 clients, connection: close, closed loop'),
};
