/** Direct routes, which need no req and res, beside the same in servers that have none. */
import { throughputCharts } from '../charts/from-result.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Contender, Scenario } from '../types.ts';

const contenders: readonly Contender[] = [
  { rival: 'node:http', threads: 1 },
  { rival: 'hyperion', threads: 1 },
  { rival: 'bun', threads: 1 },
  { rival: 'node:cluster', threads: 2 },
  { rival: 'hyperion', threads: 2 },
  { rival: 'bun', threads: 2 },
];

const describeRoute = (name: string, title: string, how: string, target: string, body: string): Scenario => ({
  name,
  title,
  description: `${how}, 64 keep-alive connections, closed loop`,
  app: `${name}.mjs`,
  contenders,
  check: { target, body },
  seconds: 4,
  warmUpSeconds: 3,
  load: ({ port, seconds }) => runClosedLoopApart({ port, target, connections: 64, seconds }),
  charts: throughputCharts(title, `${how}; 64 keep-alive connections, closed loop`),
});

export const staticRoute: Scenario = describeRoute(
  'static-route',
  'A route with a reply that is always the same',
  'hyperion: handleStatic, Bun: static routes, node: an if in the handler',
  '/static',
  'hello\n',
);

export const dynamicRoute: Scenario = describeRoute(
  'dynamic-route',
  'A route whose reply depends on the query',
  'hyperion: handle, Bun: fetch, node: an if in the handler',
  '/dynamic?name=you',
  'hello you\n',
);
