/** Bursts of new connections are served, and do not starve those who are there already. */
import test from 'ava';
import { amount } from '../helpers/amounts.ts';
import { runBurstClientApart } from '../helpers/burst-client.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { startServer, untilSo } from '../helpers/server-under-test.ts';
import { runThinkTimeClientApart } from '../helpers/think-time-client.ts';

const CONNECTIONS = 1_500;
const CLIENTS = 4;
/** No more: ports that were used rest for a minute, and there are 28,000. */
const BURSTS = amount(12, 2);
const CONNECTED_WITHIN_MS = 20_000;

test('bursts of accepts do not starve the hand-out of requests', async (t) => {
  const options = { threadCount: 2, maxPending: Infinity, backlog: 4096 };
  const { server, port, atRest } = await startServer('transfer.mjs', options);
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  const keepAlive = runThinkTimeClientApart({
    port,
    clients: CLIENTS,
    seconds: amount(30, 3),
    warmUpSeconds: 0,
    thinkMs: [0, 3],
    lightTarget: '/hello',
    heavyTarget: '/hello',
    heavyShare: 0,
    slowMs: 20,
    seed: 1,
  });
  const areServed = (): boolean => server.stats().connections === CLIENTS && server.stats().served > CLIENTS;
  await untilSo(areServed, () => 'The clients are not served', CONNECTED_WITHIN_MS);
  const { burstMs, answered, failures } = await runBurstClientApart({ port, connections: CONNECTIONS, bursts: BURSTS });
  const report = await keepAlive;
  t.log(`keep-alive clients meanwhile: ${formatSummary(report.light)}`);
  t.log(`bursts of ${CONNECTIONS} took ${burstMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  t.deepEqual(report.failures, []);
  t.deepEqual(failures, []);
  t.is(answered, BURSTS * CONNECTIONS);
  // Starved, a client would get its answer when the burst is over.
  t.true(report.light.max < Math.max(...burstMs), `one waited ${report.light.max} ms, as long as a burst`);
  await atRest();
});
