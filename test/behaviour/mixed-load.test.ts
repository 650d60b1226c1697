/** Light requests do not wait behind heavy ones while a thread is free. */
import test from 'ava';
import { amount } from '../helpers/amounts.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { seedFromEnvironment } from '../helpers/random.ts';
import { startServer } from '../helpers/server-under-test.ts';
import { runThinkTimeClientApart, type ThinkTimeReport } from '../helpers/think-time-client.ts';

/** One heavy request blocks for so long: who waits behind one waits half of it on average. */
const HEAVY_MS = 50;

test('light requests pass heavy ones', async (t) => {
  const seed = seedFromEnvironment();
  const { server, port, atRest } = await startServer('transfer.mjs', { threadCount: 4 });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  const load = (heavyShare: number): Promise<ThinkTimeReport> =>
    runThinkTimeClientApart({
      port,
      clients: 64,
      seconds: amount(20, 2),
      warmUpSeconds: 0.5,
      thinkMs: [0, 40],
      lightTarget: '/hello',
      heavyTarget: `/block/${HEAVY_MS}`,
      heavyShare,
      slowMs: 20,
      seed,
    });
  const light = await load(0);
  const mixed = await load(0.01);
  t.log(`seed ${seed}; light requests alone: ${formatSummary(light.light)}`);
  t.log(`light ones beside heavy ones: ${formatSummary(mixed.light)}; heavy: ${formatSummary(mixed.heavy)}`);
  t.deepEqual([...light.failures, ...mixed.failures], []);
  // On an idle machine far below 2 ms. With connections tied to threads it is about 40.
  t.true(mixed.light.p90 < 2 * light.light.p90 + HEAVY_MS / 4, `p90 ${mixed.light.p90} beside heavy requests`);
  await atRest();
});
