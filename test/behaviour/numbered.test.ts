/** Every answer right and in order, none lost or doubled, no byte of another's, on both kinds of loan. */
import test from 'ava';
import { amount } from '../helpers/amounts.ts';
import { runNumberedClientApart } from '../helpers/numbered-client.ts';
import { seedFromEnvironment } from '../helpers/random.ts';
import { startServer } from '../helpers/server-under-test.ts';

for (const threadCount of [1, 2, 4]) {
  test.serial(`numbered requests get their own answers, ${threadCount} threads`, async (t) => {
    const seed = seedFromEnvironment();
    t.log(`seed ${seed}`);
    const requests = amount(threadCount === 2 ? 200_000 : 50_000, threadCount === 2 ? 15_000 : 4_000);
    const { server, port, atRest } = await startServer('numbered.mjs', { threadCount });
    t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
    const report = await runNumberedClientApart({ port, requests, connections: 64, seed, oneFailingIn: 100 });
    t.deepEqual(report.failures, []);
    t.is(report.right, report.requests);
    t.true(report.requests >= requests);
    await atRest();
  });
}
