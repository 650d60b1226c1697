/** Two servers in one process share nothing: not a limit, not a count, not a thread, not a stop. */
import test from 'ava';
import { SERVER_BUSY } from '../../src/shared/replies.ts';
import { runNumberedClientApart } from '../helpers/numbered-client.ts';
import { runOverloadClientApart } from '../helpers/overload-client.ts';
import { startServer } from '../helpers/server-under-test.ts';

test('a server neither sees nor hinders another one in its process', async (t) => {
  const flooded = await startServer('transfer.mjs', { threadCount: 1, maxPending: 0 });
  t.teardown(() => flooded.server.stop({ gracefulTimeoutMs: 0 }));
  const calm = await startServer('numbered.mjs', { threadCount: 2 });
  t.teardown(() => calm.server.stop({ gracefulTimeoutMs: 0 }));
  const [flood, numbered] = await Promise.all([
    runOverloadClientApart({
      port: flooded.port,
      target: '/block/20',
      requestsPerSecond: 200,
      seconds: 1,
      keepAliveConnections: 0,
      expected503: SERVER_BUSY.text,
    }),
    runNumberedClientApart({ port: calm.port, requests: 1_000, connections: 16, seed: 1 }),
  ]);
  t.deepEqual(flood.failures, []);
  t.deepEqual(numbered.failures, []);
  t.true(flood.shed > 0);
  t.is(flooded.server.stats().rejected.maxPending, flood.shed);
  t.is(flooded.server.stats().served, flood.accepted);
  t.is(flooded.server.stats().accepted, flood.offered);
  t.is(calm.server.stats().rejected.maxPending, 0);
  t.is(calm.server.stats().served, numbered.requests);
  t.is(calm.server.stats().accepted, numbered.connections);

  await flooded.server.stop();
  const after = await runNumberedClientApart({ port: calm.port, requests: 300, connections: 8, seed: 2 });
  t.deepEqual(after.failures, []);
});
