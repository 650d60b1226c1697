/**
 * All faults at random, for ten minutes (HYPERION_LONG=1) or some seconds: threads that throw, exit,
 * run out of memory or stand still, clients that leave or send slowly, reloads. Afterwards the server
 * is as it was at the start, and serves on.
 */
import test from 'ava';
import { amount, isLong } from '../helpers/amounts.ts';
import { median } from '../helpers/percentiles.ts';
import { Random, seedFromEnvironment } from '../helpers/random.ts';
import { startServer, untilSo } from '../helpers/server-under-test.ts';
import { runSoakClientApart } from '../helpers/soak-client.ts';

const SECONDS = amount(600, 6);
const THREADS = 4;
/** Far above what a handler here takes where the machine does much else too. */
const HANDLER_TIMEOUT_MS = 2_000;
const HANG_MS = 6_000;
const RELOAD_EVERY_MS = { min: 500, max: 3_000 };
const CLEAN_SECONDS = 1;
/** By then everything has been in use once. */
const MINUTE = 60;
const RSS_SAMPLES = 15;
const RSS_SHARE = 0.1;
const RSS_BYTES = 64 * 2 ** 20;
const BACK_WITHIN_MS = 10_000;

/** Node 20's HTTP parser takes the process down when its thread is terminated inside of it: `Empty MaybeLocal`. */
const isParserMortal = Number(process.versions.node.split('.')[0]) < 24;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(`all faults at random for ${SECONDS} s leave nothing behind`, async (t) => {
  t.timeout((SECONDS + 60) * 1000);
  const seed = seedFromEnvironment();
  t.log(`seed ${seed}`);
  const { server, port, atRest } = await startServer('soak.mjs', {
    threadCount: THREADS,
    // What the threads complete between two faults says little.
    maxPending: Infinity,
    handlerTimeoutMs: HANDLER_TIMEOUT_MS,
    // Small, so that a thread that hoards is out of memory soon.
    resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
  });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));

  const random = new Random(seed);
  const residentBytes: number[] = [];
  const sampler = setInterval(() => residentBytes.push(process.memoryUsage.rss()), 1000);
  let isOver = false;
  let reloads = 0;
  const reloadAgainAndAgain = async (): Promise<void> => {
    for (;;) {
      await pause(random.integer(RELOAD_EVERY_MS.min, RELOAD_EVERY_MS.max));
      if (isOver) return;
      await server.reload();
      reloads += 1;
    }
  };
  const client = { port, seed, hangMs: HANG_MS, lends: !isParserMortal };
  const soaking = runSoakClientApart({ ...client, seconds: SECONDS, hasFaults: true }).finally(() => {
    isOver = true;
    clearInterval(sampler);
  });
  const [report] = await Promise.all([soaking, reloadAgainAndAgain()]);
  t.log(`${reloads} reloads; ${JSON.stringify(report)}`);
  t.deepEqual(report.failures, []);
  t.true(reloads > 0 && report.right > 0 && report.left > 0 && report.slow > 0);
  const refused = Object.values(report.refused).reduce((a, b) => a + b, 0);
  t.true(refused + report.cut + report.cutBeforeReply > 0, 'no request met a fault');
  // Only where a reply was just beginning: few, of however few there are in the short form.
  t.true(report.cutBeforeReply <= Math.max(2, refused / 2), 'many were closed without a byte');

  const serving = (): number => server.stats().threads.filter(({ state }) => state !== 'starting').length;
  await untilSo(
    () => serving() === THREADS && server.stats().threads.length === THREADS,
    () => `Not all threads are back: ${JSON.stringify(server.stats().threads)}`,
    BACK_WITHIN_MS,
  );
  await atRest();
  const clean = await runSoakClientApart({ ...client, seconds: CLEAN_SECONDS, hasFaults: false });
  t.deepEqual(clean.failures, []);
  t.true(clean.right > 0);
  await atRest();

  if (!isLong) return;
  const before = median(residentBytes.slice(MINUTE, MINUTE + RSS_SAMPLES));
  const after = median(residentBytes.slice(-RSS_SAMPLES));
  t.log(`RSS ${(before / 2 ** 20).toFixed(0)} MiB after a minute, ${(after / 2 ** 20).toFixed(0)} MiB at the end`);
  t.true(after - before <= Math.max(before * RSS_SHARE, RSS_BYTES));
});
