/** Bodies of 1 MiB, down and up: what moving bytes costs. */
import { throughputCharts } from '../charts/from-result.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Contender, Scenario } from '../types.ts';

const MEBIBYTE = 2 ** 20;

const contenders: readonly Contender[] = [
  { rival: 'node:http', threads: 1 },
  { rival: 'hyperion', threads: 1 },
  { rival: 'bun', threads: 1 },
  { rival: 'node:cluster', threads: 2 },
  { rival: 'hyperion', threads: 2 },
];

const describeLarge = (name: string, title: string, uploadBytes: number): Scenario => ({
  name,
  title,
  description: `${title}, 16 keep-alive connections, closed loop`,
  app: 'large.mjs',
  contenders,
  check: { target: '/', body: 'x'.repeat(MEBIBYTE) },
  seconds: 4,
  warmUpSeconds: 3,
  load: ({ port, seconds }) => runClosedLoopApart({ port, target: '/', connections: 16, seconds, uploadBytes }),
  charts: throughputCharts(title, '16 keep-alive connections, closed loop'),
});

export const largeReply: Scenario = describeLarge('large-reply', 'Replies of 1 MiB', 0);
export const largeUpload: Scenario = describeLarge('large-upload', 'Uploads of 1 MiB', MEBIBYTE);
