/** A burst of new connections is served, and does not starve those who are there already. */
import test from 'ava';
import { runBurstClientApart } from '../helpers/burst-client.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { startServer } from '../helpers/server-under-test.ts';

test('a burst of accepts does not starve the hand-out of requests', async (t) => {
  const { server, port, atRest } = await startServer('transfer.mjs', { threadCount: 2, maxPending: Infinity, backlog: 4096 });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  const report = await runBurstClientApart({ port, newConnections: 1_500, keepAliveClients: 4 });
  t.log(`burst of ${report.answered} took ${report.burstMs.toFixed(0)} ms; keep-alive meanwhile: ${formatSummary(report.during)}`);
  t.deepEqual(report.failures, []);
  t.is(report.answered, 1_500);
  // Starved, they would get one answer when the burst is over. They take part all the time.
  t.true(report.during.count >= 4 * 5, `only ${report.during.count} answers during the burst`);
  t.true(report.during.max < report.burstMs, 'one waited for as long as the burst lasted');
  await atRest();
});
