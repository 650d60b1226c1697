/**
 * Every answer right and in order, none lost or doubled, no byte of another's: with bodies of all
 * kinds, pipelined, cut anywhere, connections changing between the two kinds of loan.
 */
import test from 'ava';
import type { ServerOptions } from '../../src/shared/options/options.ts';
import { amount } from '../helpers/amounts.ts';
import { runNumberedClientApart } from '../helpers/numbered-client.ts';
import { seedFromEnvironment } from '../helpers/random.ts';
import { startServer } from '../helpers/server-under-test.ts';

interface Case {
  readonly requests: number;
  readonly connections?: number;
  readonly options: Partial<ServerOptions>;
}

/** Whatever the machine has to do beside: none is refused. */
const ROOM_FOR_ALL = 1024;

const answersItsOwn = test.macro({
  title: (title) => `numbered requests get their own answers: ${title}`,
  async exec(t, { requests, connections = 64, options }: Case) {
    const seed = seedFromEnvironment();
    t.log(`seed ${seed}`);
    const { server, port, atRest } = await startServer('numbered.mjs', { maxPending: ROOM_FOR_ALL, ...options });
    t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
    const report = await runNumberedClientApart({ port, requests, connections, seed, oneFailingIn: 100 });
    t.log(`longest wait ${report.longestWaitMs.toFixed(0)} ms, longest close ${report.longestCloseMs.toFixed(0)} ms`);
    t.deepEqual(report.failures, []);
    t.is(report.right, report.requests);
    t.true(report.requests >= requests);
    await atRest();
    t.is(server.stats().served, report.requests);
  },
});

test.serial('2 threads', answersItsOwn, { requests: amount(200_000, 5_000), options: { threadCount: 2 } });
test.serial('1 thread', answersItsOwn, { requests: amount(20_000, 1_500), options: { threadCount: 1 } });
test.serial('4 threads', answersItsOwn, { requests: amount(20_000, 1_500), options: { threadCount: 4 } });
test.serial('one request a thread at a time', answersItsOwn, {
  requests: amount(20_000, 1_000),
  options: { threadCount: 4, concurrencyPerThread: 1 },
});
test.serial('every body by connection loan', answersItsOwn, {
  requests: amount(20_000, 1_000),
  options: { inlineBodyBytes: 0 },
});
test.serial('large bodies by request loan', answersItsOwn, {
  requests: amount(20_000, 1_000),
  options: { inlineBodyBytes: 1_048_576 },
});
// More than the queue has room for: the rest waits in the acceptor.
test.serial('more requests than the queue holds', answersItsOwn, {
  requests: amount(40_000, 2_000),
  connections: 600,
  options: { threadCount: 2, maxPending: Infinity },
});
