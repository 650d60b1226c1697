/** Many connections that say nothing: what each costs, and what they do to the one that asks. */
import { barChart } from '../charts/from-result.ts';
import { idleConnectionCount, runIdleApart } from '../load/idle.ts';
import type { Scenario } from '../types.ts';

const CONNECTIONS = idleConnectionCount(10_000);

export const idle: Scenario = {
  name: 'idle',
  title: 'Idle connections',
  description: `${CONNECTIONS} idle keep-alive connections, and one client that asks one request after the other meanwhile`,
  app: 'hello.mjs',
  contenders: [
    { rival: 'node:http', threads: 1 },
    { rival: 'bun', threads: 1 },
    { rival: 'hyperion', threads: 2 },
    { rival: 'node:cluster', threads: 2 },
    { rival: 'watt', threads: 2 },
  ],
  check: { target: '/', body: 'hello\n' },
  seconds: 4,
  // Part of it: every connection has had an answer before the measured client begins.
  warmUpSeconds: 0,
  keepAliveMs: 600_000,
  load: ({ port, pid, seconds }) =>
    runIdleApart({ port, serverPid: pid, target: '/', connections: 1, seconds, idleConnections: CONNECTIONS }),
  figures: [
    { key: 'idleConnections', title: 'idle connections' },
    { key: 'kilobytesEach', title: 'KB each (growth of RSS)' },
    { key: 'residentMegabytes', title: 'RSS MB with them' },
  ],
  charts: (result) => [
    barChart(result, 'Idle connections', `${CONNECTIONS} idle keep-alive connections, one client that asks meanwhile`, [
      {
        title: 'Memory of an idle connection',
        note: 'KB, growth of all RSS; less is better',
        of: (one) => one.figures?.['kilobytesEach'],
      },
      { title: 'Latency of the client that asks', note: 'ms, p99; less is better', of: (one) => one.latencyMs.p99 },
    ]),
  ],
};
