/**
 * The load this project is for: most requests are light, one in a hundred blocks its thread. Who
 * gives each thread its connections makes light requests wait behind a heavy one.
 */
import { formatSummary, type Summary } from '../../test/helpers/percentiles.ts';
import { percentileChart } from '../charts/percentiles.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import { simulateSingleQueue } from '../load/single-queue.ts';
import { runThinkTimeApart } from '../load/think-time.ts';
import type { Scenario } from '../types.ts';
import { MIXED } from './mixed-clients.ts';

const THREADS = [4, 8];
/** Long enough for the rare percentiles to settle. */
const SIMULATED_SECONDS = 200;

/** By number of servers: the same each time, and not quick. */
const ideals = new Map<number, Summary>();

const simulateIdeal = (servers: number): Summary => {
  const ideal = ideals.get(servers) ?? simulateSingleQueue({ ...MIXED, servers, seconds: SIMULATED_SECONDS, seed: 1 });
  ideals.set(servers, ideal);
  return ideal;
};

/** `isForeseen`: heavy requests have a path of their own. */
const describeMixed = (name: string, title: string, where: string, isForeseen: boolean): Scenario => ({
  name,
  title,
  description: `64 keep-alive clients, think time 0-40 ms, 1 % of requests block their thread for 50 ms (${where})`,
  app: 'work.mjs',
  contenders: THREADS.flatMap((threads) => [
    { rival: 'hyperion', threads },
    { rival: 'node:cluster', threads },
    { rival: 'watt', threads },
    // Where heavy requests cannot be told from light ones, all of them must go to the pool.
    { rival: 'fastify+piscina', threads, settings: { offloadsAll: !isForeseen } },
    ...(threads === 4 ? [{ rival: 'bun', threads }] : []),
  ]),
  check: { target: '/', body: 'done\n' },
  seconds: 6,
  warmUpSeconds: 3,
  // Each of many threads has to be warm: with think times that would take a minute.
  warmUp: ({ port, seconds }) => runClosedLoopApart({ port, target: '/', connections: 64, seconds }),
  load: ({ port, seconds, round }) =>
    runThinkTimeApart({
      port,
      clients: MIXED.clients,
      seconds,
      warmUpSeconds: 0,
      thinkMs: MIXED.thinkMs,
      lightTarget: '/',
      heavyTarget: isForeseen ? `/block?ms=${MIXED.heavyMs}` : '/',
      ...(isForeseen ? {} : { heavyHeader: `x-heavy: ${MIXED.heavyMs}` }),
      heavyShare: MIXED.heavyShare,
      slowMs: 20,
      seed: round,
    }),
  footnotes: (contenders) =>
    THREADS.filter((threads) => contenders.some((contender) => contender.threads === threads)).map(
      (servers) =>
        `Ideal single queue with ${servers} servers (simulated), light requests: ${formatSummary(simulateIdeal(servers))}`,
    ),
  charts: (result) =>
    THREADS.filter((threads) => result.rows.some((row) => row.threads === threads)).map((threads) =>
      percentileChart(
        result,
        threads,
        title,
        `64 keep-alive clients, think time 0-40 ms; 1 % of requests block a thread for 50 ms, ${where}`,
        simulateIdeal(threads),
      ),
    ),
});

export const mixed: Scenario = describeMixed(
  'mixed',
  'One request in a hundred blocks its thread',
  'on a path of their own',
  true,
);

/** Only a header that no router looks at tells heavy from light. */
export const mixedUnforeseen: Scenario = describeMixed(
  'mixed-unforeseen',
  'One in a hundred blocks its thread, and nothing tells which',
  "on the light ones' path",
  false,
);
