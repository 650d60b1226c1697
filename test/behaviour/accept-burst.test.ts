/** Bursts of new connections are served, and do not starve those who are there already. */
import test from 'ava';
import { amount } from '../helpers/amounts.ts';
import { runBurstClientApart } from '../helpers/burst-client.ts';
import { formatSummary } from '../helpers/percentiles.ts';
import { startServer } from '../helpers/server-under-test.ts';
import { runThinkTimeClientApart } from '../helpers/think-time-client.ts';

const CONNECTIONS = 1_500;

test('bursts of accepts do not starve the hand-out of requests', async (t) => {
  const { server, port, atRest } = await startServer('transfer.mjs', {
    threadCount: 2,
    maxPending: Infinity,
    backlog: 4096,
  });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  const bursts = amount(30, 3);
  let isOver = false;
  const burst = runBurstClientApart({ port, connections: CONNECTIONS, bursts }).finally(() => (isOver = true));
  const waits: number[] = [];
  // Short runs, until the bursts are over: nearly all of their time lies within one.
  while (!isOver) {
    const report = await runThinkTimeClientApart({
      port,
      clients: 4,
      seconds: 0.5,
      warmUpSeconds: 0,
      thinkMs: [0, 3],
      lightTarget: '/hello',
      heavyTarget: '/hello',
      heavyShare: 0,
      slowMs: 20,
      seed: 1,
    });
    t.log(`keep-alive clients meanwhile: ${formatSummary(report.light)}`);
    t.deepEqual(report.failures, []);
    waits.push(report.light.max);
  }
  const { burstMs, answered, failures } = await burst;
  t.log(`bursts of ${CONNECTIONS} took ${burstMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  t.deepEqual(failures, []);
  t.is(answered, bursts * CONNECTIONS);
  // Starved, a client would get its answer when the burst is over.
  const longest = Math.max(...waits);
  t.true(longest < Math.max(...burstMs), `one waited ${longest} ms, as long as a burst`);
  await atRest();
});
