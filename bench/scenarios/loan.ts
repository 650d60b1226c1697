/**
 * What lending a request to a thread costs beyond serving it where it was read: one thread beside
 * one plain process, saturated, and with one client alone, whose every request wakes a sleeper.
 * The margin is small, so there are more rounds, and the ratios are taken pair by pair.
 */
import { barChart, CPU_PER_REQUEST } from '../charts/from-result.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Scenario } from '../types.ts';

const describeLoan = (name: string, title: string, connections: number): Scenario => ({
  name,
  title,
  description: `smallest handler, ${connections} keep-alive connection(s), closed loop: one lent request beside plain node:http`,
  app: 'hello.mjs',
  contenders: [
    { rival: 'node:http', threads: 1 },
    { rival: 'hyperion', threads: 1 },
  ],
  check: { target: '/', body: 'hello\n' },
  seconds: 3.5,
  warmUpSeconds: 3,
  rounds: 9,
  load: ({ port, seconds }) => runClosedLoopApart({ port, target: '/', connections, seconds }),
  ratios: [['hyperion', 'node:http']],
  charts: (result) => [
    barChart(result, title, 'smallest handler, keep-alive, closed loop', [
      CPU_PER_REQUEST,
      { title: 'Latency', note: 'ms, p50; less is better', of: (one) => one.latencyMs.p50 },
    ]),
  ],
});

export const loan: Scenario = describeLoan('loan', 'What lending a request costs, saturated', 64);
export const loanAlone: Scenario = describeLoan('loan-alone', 'What lending a request costs, one client alone', 1);
