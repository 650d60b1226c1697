/**
 * A load that keeps changing its kind: whoever tunes itself to what it sees must find back each
 * time. Judged by short windows, as an average over the whole would hide a bad second after each
 * switch, or a bad state that holds for a whole phase.
 */
import { barChart } from '../charts/from-result.ts';
import { runSwitchingApart } from '../load/switching.ts';
import { SLOW_MS } from '../load/switching-phases.ts';
import type { Scenario } from '../types.ts';
import { MIXED } from './mixed-clients.ts';

const THREADS = 4;
const HELLO_CONNECTIONS = 16;
const TITLE = 'A load that switches every 5 seconds';

export const switching: Scenario = {
  name: 'switching',
  title: TITLE,
  description:
    `in turn ${HELLO_CONNECTIONS} keep-alive connections that ask at once again for the smallest reply, and the clients of mixed, ` +
    '5 s each (less in a shorter run), 4 threads. Judged are windows of 500 ms from a second after a switch on: ' +
    `slow are those of mixed phases whose p90 of the light requests is over ${SLOW_MS} ms. Light requests alone: those of the mixed phases`,
  app: 'work.mjs',
  contenders: [
    { rival: 'hyperion', threads: THREADS },
    { rival: 'node:cluster', threads: THREADS },
  ],
  check: { target: '/', body: 'done\n' },
  seconds: 30,
  // The beginning of each phase is not judged.
  warmUpSeconds: 0,
  load: ({ port, seconds, round, contender }) =>
    runSwitchingApart({
      port,
      seconds,
      lightTarget: '/',
      heavyTarget: `/block?ms=${MIXED.heavyMs}`,
      helloConnections: HELLO_CONNECTIONS,
      mixed: { clients: MIXED.clients, thinkMs: MIXED.thinkMs, heavyShare: MIXED.heavyShare },
      ideal: { servers: contender.threads, lightMs: MIXED.lightMs, heavyMs: MIXED.heavyMs },
      seed: round,
    }),
  figures: [
    { key: 'slowPercent', title: 'slow windows %' },
    { key: 'idealSlowPercent', title: 'the same of an ideal single queue, simulated %' },
    { key: 'refused', title: '503s' },
    { key: 'helloPerSecond', title: 'hello/s, median window' },
    { key: 'leastHelloPerSecond', title: 'hello/s, worst window' },
  ],
  charts: (result) => [
    barChart(result, TITLE, '16 connections that ask at once again, then 64 clients of the mixed load, in turn', [
      {
        title: 'Slow windows',
        note: `% of those of mixed with a p90 over ${SLOW_MS} ms; less is better`,
        of: (one) => one.figures?.['slowPercent'],
      },
      {
        title: 'Requests per second of hello',
        note: 'the median window; more is better',
        of: (one) => one.figures?.['helloPerSecond'],
      },
    ]),
  ],
};
