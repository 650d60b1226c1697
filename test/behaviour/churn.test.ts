/** Clients that leave at every bad moment, send byte by byte or move 10 MB leave nothing behind. */
import test from 'ava';
import { amount } from '../helpers/amounts.ts';
import { runChurnClientApart, type Churn } from '../helpers/churn-client.ts';
import { seedFromEnvironment } from '../helpers/random.ts';
import { type ServerUnderTest, startServer } from '../helpers/server-under-test.ts';

let subject: ServerUnderTest;

test.before(async () => {
  subject = await startServer('transfer.mjs', { threadCount: 2, maxPending: Infinity });
});
test.after.always(() => subject.server.stop({ gracefulTimeoutMs: 0 }));

const leavesNothing = test.macro({
  title: (_, kind: Churn) => `clients that are ${kind} leave nothing behind`,
  async exec(t, kind: Churn, requests: number, connections: number) {
    const seed = seedFromEnvironment();
    t.log(`seed ${seed}`);
    const { port, atRest, server } = subject;
    const report = await runChurnClientApart({ port, kind, requests, connections, seed });
    t.deepEqual(report.failures, []);
    t.true(report.requests >= requests);
    await atRest();
    t.log(`served ${server.stats().served} in all`);
    const clean = await runChurnClientApart({ port, kind: 'pipelined', requests: 320, connections: 8, seed });
    t.deepEqual(clean.failures, []);
  },
});

test.serial(leavesNothing, 'mid-head', amount(10_000, 500), 32);
test.serial(leavesNothing, 'mid-body', amount(10_000, 500), 32);
test.serial(leavesNothing, 'mid-reply', amount(10_000, 300), 32);
test.serial(leavesNothing, 'waiting', amount(10_000, 500), 32);
test.serial(leavesNothing, 'running', amount(10_000, 500), 32);
test.serial(leavesNothing, 'pipelined', amount(10_000, 500), 16);
test.serial(leavesNothing, 'one-byte', amount(10_000, 300), 32);
test.serial(leavesNothing, 'ten-megabytes', amount(300, 8), 4);
