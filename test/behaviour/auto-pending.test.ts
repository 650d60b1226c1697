/** `maxPending: 'auto'` on real threads: measured under load, and measured anew when the load changes. */
import test from 'ava';
import { SERVER_BUSY } from '../../src/shared/replies.ts';
import { amount } from '../helpers/amounts.ts';
import { runOverloadClientApart } from '../helpers/overload-client.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { startServer } from '../helpers/server-under-test.ts';

const THREADS = 2;
/** Blocks without computing, so that two threads do twice as much as one on any machine. */
const HEAVY_MS = 20;
const CAPACITY = (THREADS * 1000) / HEAVY_MS;

test('as many wait as the threads complete in the target time, for heavy requests and for light ones', async (t) => {
  const { server, port, atRest } = await startServer('transfer.mjs', { threadCount: THREADS });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  t.is(server.stats().maxPending, 1024);
  t.is(server.stats().fullRatePerSecond, undefined);
  const load = (target: string, requestsPerSecond: number) =>
    runOverloadClientApart({
      port,
      target,
      requestsPerSecond,
      seconds: amount(10, 1.5),
      keepAliveConnections: 200,
      expected503: SERVER_BUSY.text,
    });

  // Cold threads do not count: at least one of the two has had its 512 requests then.
  await load('/hello', 1600);
  const heavy = await load(`/block/${HEAVY_MS}`, 4 * CAPACITY);
  const { maxPending, fullRatePerSecond = 0 } = server.stats();
  t.log(`heavy: ${fullRatePerSecond.toFixed(0)} a second, ${maxPending} may wait; ${formatSummary(heavy.acceptedMs)}`);
  t.deepEqual(heavy.failures, []);
  t.true(heavy.shed > 0);
  // A busy machine wakes sleepers late: fewer are completed, never more.
  t.true(fullRatePerSecond > CAPACITY / 2 && fullRatePerSecond < CAPACITY * 1.1, `${fullRatePerSecond} a second`);
  t.is(maxPending, Math.round(fullRatePerSecond / 2));

  const light = await load('/hello', 1500);
  const after = server.stats();
  t.log(`light: ${after.fullRatePerSecond?.toFixed(0)} a second, ${after.maxPending} may wait`);
  t.deepEqual(light.failures, []);
  t.true(after.maxPending > 2 * maxPending, `${after.maxPending} may wait`);
  await atRest();
});
