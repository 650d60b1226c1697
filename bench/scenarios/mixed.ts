/**
 * The load this project is for: most requests are light, one in a hundred blocks its thread. Who
 * gives each thread its connections makes light requests wait behind a heavy one.
 */
import { formatSummary } from '../../test/helpers/percentiles.ts';
import { simulateSingleQueue } from '../load/single-queue.ts';
import { runThinkTimeApart } from '../load/think-time.ts';
import type { Scenario } from '../types.ts';

const CLIENTS = 64;
const THINK_MS = [0, 40] as const;
const HEAVY_SHARE = 0.01;
/** As in `apps/mixed.mjs`. */
const HEAVY_MS = 50;
/** What a light request takes on an idle machine, by measurement. */
const LIGHT_MS = 0.2;
const THREADS = [4, 8];

/** `heavyHeader` undefined: heavy requests have a path of their own. */
const describeMixed = (name: string, where: string, heavyHeader?: string): Scenario => ({
  name,
  description: `64 keep-alive clients, think time 0-40 ms, 1 % of requests block their thread for 50 ms (${where})`,
  app: 'mixed.mjs',
  contenders: THREADS.flatMap((threads) => [
    { rival: 'node:cluster', threads },
    { rival: 'hyperion', threads },
  ]),
  check: { target: '/', body: 'done\n' },
  seconds: 10,
  warmUpSeconds: 2,
  load: (port, seconds, round) =>
    runThinkTimeApart({
      port,
      clients: CLIENTS,
      seconds,
      warmUpSeconds: 0,
      thinkMs: THINK_MS,
      lightTarget: '/',
      heavyTarget: heavyHeader === undefined ? '/heavy' : '/',
      ...(heavyHeader === undefined ? {} : { heavyHeader }),
      heavyShare: HEAVY_SHARE,
      slowMs: 20,
      seed: round,
    }),
  footnotes: (seconds) =>
    THREADS.map((servers) => {
      const light = simulateSingleQueue({
        clients: CLIENTS,
        servers,
        // Long enough for the rare percentiles to settle.
        seconds: seconds * 20,
        thinkMs: THINK_MS,
        lightMs: LIGHT_MS,
        heavyMs: HEAVY_MS,
        heavyShare: HEAVY_SHARE,
        seed: 1,
      });
      return `ideal single queue with ${servers} servers (simulated), light requests: ${formatSummary(light)}`;
    }),
});

export const mixed: Scenario = describeMixed('mixed', 'on a path of their own');

/** No server can foresee them: only a header that no router looks at tells heavy from light. */
export const mixedUnforeseen: Scenario = describeMixed('mixed-unforeseen', "on the light ones' path", 'x-heavy: 1');
