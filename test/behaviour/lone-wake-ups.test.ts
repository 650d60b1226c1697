/**
 * Low load: nearly every request finds all threads asleep. None is forgotten in the queue while a
 * thread sleeps.
 */
import test from 'ava';
import type { Server } from '../../src/server.ts';
import { amount } from '../helpers/amounts.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { Random, seedFromEnvironment } from '../helpers/random.ts';
import { startServer } from '../helpers/server-under-test.ts';
import { runThinkTimeClientApart } from '../helpers/think-time-client.ts';

/** A request in the queue for so long, beside a thread that sleeps, was forgotten. */
const FORGOTTEN_AFTER_MS = 20;
const LOOK_EVERY_MS = 2;

/**
 * Looks at the queue every few milliseconds. An alarm: during all looks of the last 20 ms something
 * waited, nothing was taken, and one and the same thread slept.
 */
const watchForForgotten = (server: Server): (() => number) => {
  let alarms = 0;
  let since = performance.now();
  let lastLook = since;
  let takenBefore = -1;
  let sleepers = new Set<number>();
  const timer = setInterval(() => {
    const now = performance.now();
    const { pending, accepted, served, running, threads } = server.stats();
    const asleep = new Set(threads.flatMap(({ state }, index) => (state === 'asleep' ? [index] : [])));
    const taken = accepted + served + running;
    sleepers = new Set([...sleepers].filter((index) => asleep.has(index)));
    // A late look is our own delay: the acceptor, in the same thread, could not ring either.
    const isLate = now - lastLook > 5 * LOOK_EVERY_MS;
    if (pending === 0 || taken !== takenBefore || sleepers.size === 0 || isLate) {
      since = now;
      sleepers = asleep;
    } else if (now - since > FORGOTTEN_AFTER_MS) {
      alarms += 1;
      since = now;
    }
    takenBefore = taken;
    lastLook = now;
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return alarms;
  };
};

test('no request is forgotten while a thread sleeps', async (t) => {
  const seed = seedFromEnvironment();
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  const rounds = amount(12, 3);
  for (let round = 0; round < rounds; round += 1) {
    const threadCount = random.integer(1, 8);
    const clients = random.integer(1, 8);
    const { server, port, atRest } = await startServer('hello.mjs', { threadCount });
    const stopWatching = watchForForgotten(server);
    const report = await runThinkTimeClientApart({
      port,
      clients,
      seconds: amount(5, 1.5),
      warmUpSeconds: 0,
      thinkMs: [0, 3],
      lightTarget: '/',
      heavyTarget: '/',
      heavyShare: 0,
      slowMs: FORGOTTEN_AFTER_MS,
      seed: random.integer(1, 2 ** 31),
    });
    const alarms = stopWatching();
    t.log(
      `${clients} clients, ${threadCount} threads: ${formatSummary(report.light)}; ${report.slow} over ${FORGOTTEN_AFTER_MS} ms, ${alarms} alarms`,
    );
    t.deepEqual(report.failures, []);
    t.is(alarms, 0);
    await atRest();
    await server.stop({ gracefulTimeoutMs: 0 });
  }
});
