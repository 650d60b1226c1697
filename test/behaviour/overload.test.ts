/**
 * More than the threads can do: only 200 and the 503, byte for byte, at once, each 503 counted
 * once by the server. New connections at a fixed rate, then keep-alive ones that come back.
 */
import test from 'ava';
import { SERVER_BUSY } from '../../src/shared/replies.ts';
import { amount } from '../helpers/amounts.ts';
import { runOverloadClientApart } from '../helpers/overload-client.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { startServer } from '../helpers/server-under-test.ts';

/** Far above what is measured on an idle machine (median below 5 ms). */
const LOOSE_MEDIAN_MS = 50;

const sheds = test.macro({
  title: (_, keepAliveConnections: number) =>
    keepAliveConnections === 0
      ? 'sheds new connections at once'
      : `sheds ${keepAliveConnections} keep-alive connections at once`,
  async exec(t, keepAliveConnections: number) {
    const { server, port, atRest } = await startServer('transfer.mjs', { threadCount: 2, maxPending: 4 });
    t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
    const load = { port, requestsPerSecond: 500, keepAliveConnections, expected503: SERVER_BUSY.text };
    // What this machine needs now, with whatever else it does, for as many requests without overload.
    const { acceptedMs: unhurried } = await runOverloadClientApart({ ...load, target: '/hello', seconds: 1 });
    const before = server.stats();
    const report = await runOverloadClientApart({ ...load, target: '/block/50', seconds: amount(20, 1.5) });
    t.log(`without overload: ${formatSummary(unhurried)}`);
    t.log(`200: ${formatSummary(report.acceptedMs)}`);
    t.log(`503, first byte: ${formatSummary(report.shedFirstByteMs)}`);
    t.log(`503, last byte: ${formatSummary(report.shedLastByteMs)}`);
    t.deepEqual(report.failures, []);
    t.is(report.accepted + report.shed + report.skipped, report.offered);
    t.true(report.shed > report.accepted && report.accepted > 0);
    t.is(server.stats().rejected.maxPending - before.rejected.maxPending, report.shed);
    t.is(server.stats().served - before.served, report.accepted);
    t.true(report.shedLastByteMs.p50 < 3 * unhurried.p50 + LOOSE_MEDIAN_MS, `median ${report.shedLastByteMs.p50}`);
    await atRest();
  },
});

test.serial(sheds, 0);
test.serial(sheds, 200);
