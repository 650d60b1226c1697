/**
 * Threads that throw, exit, run out of memory or are terminated at any instant: every client gets
 * its own answer, a 503, or (its reply begun) a close; nothing is spliced, doubled or another's;
 * the thread is back at once, and everything it held is free again.
 */
import test from 'ava';
import { amount } from '../helpers/amounts.ts';
import { runNumberedClientApart, type NumberedReport } from '../helpers/numbered-client.ts';
import type { Death } from '../helpers/numbered-request.ts';
import { Random, seedFromEnvironment } from '../helpers/random.ts';
import { faultsOfShortLoad, startServer, untilSo } from '../helpers/server-under-test.ts';
import { liveThreads, threadsExited, threadsStarted } from '../helpers/threads.ts';

/** A thread is back in less than a second; the double, for a machine that does much else meanwhile. */
const BACK_WITHIN_MS = 2_000;

interface Case {
  readonly requests: number;
  readonly oneDyingIn: number;
  readonly deaths: readonly Death[];
  /** Terminate a random thread that often. 0: never. */
  readonly terminateEveryMs: number;
  readonly threadCount: number;
  readonly onlySimple?: boolean;
}

const describeCounts = (report: NumberedReport): string =>
  `${report.requests} requests: ${report.right} right, 503 ${report.failedInPlace} in place + ${report.failedAndClosed} closing, ` +
  `cut ${report.cutInReply} in reply + ${report.cutBeforeReply} before its first byte, ${report.abandoned} pipelined behind a close, ` +
  `${report.unaskedFailures} unasked 503, ${report.bodiesForHead} bodies for HEAD; ` +
  `longest wait ${report.longestWaitMs.toFixed(0)} ms, ${report.connections} connections`;

const survives = test.macro({
  title: (title) => `no client suffers from ${title}`,
  async exec(t, { requests, oneDyingIn, deaths, terminateEveryMs, threadCount, onlySimple = false }: Case) {
    const seed = seedFromEnvironment();
    t.log(`seed ${seed}`);
    const { server, port, atRest } = await startServer('numbered.mjs', {
      threadCount,
      // What the threads complete between two deaths says little.
      maxPending: Infinity,
      // Small, so that a thread that hoards is out of memory soon.
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
    });
    t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
    const exitedBefore = threadsExited();
    const random = new Random(seed);
    const kill = (): void => {
      // One that is killed while it loads, or twice, can take Node 20 itself down; and where threads
      // start slowly they must not be killed faster than they come back.
      const { threads } = server.stats();
      if (threads.length < threadCount || threads.some(({ state }) => state === 'starting')) return;
      const { threadId } = random.pick(threads);
      void liveThreads()
        .find((worker) => worker.threadId === threadId)
        ?.terminate();
    };
    const assassin = terminateEveryMs === 0 ? undefined : setInterval(kill, terminateEveryMs);
    const client = { port, requests, connections: 32, seed, oneDyingIn, deaths, onlySimple, toleratesDeaths: true };
    const report = await runNumberedClientApart(client).finally(() => clearInterval(assassin));
    const exited = threadsExited() - exitedBefore;
    t.log(`${exited} deaths; ${describeCounts(report)}`);
    t.deepEqual(report.failures, []);
    t.true(exited > 0);
    t.true(report.failedInPlace + report.failedAndClosed + report.cutInReply + report.cutBeforeReply > 0);
    // Only where a reply was just beginning, or the one before it not yet known to have ended.
    const refused = report.failedInPlace + report.failedAndClosed;
    t.true(report.cutBeforeReply < refused / 2, 'many were closed without a byte');
    // Of a lent connection the acceptor does not know how many requests it has had answered: it answers 503
    // and closes, which a client that waits for nothing sees as too many bytes before the close.
    t.true(report.unaskedFailures < refused / 4, 'many answers that nobody waited for');
    // A HEAD that its thread had not read yet gets the body of a GET, and the close.
    t.true(report.bodiesForHead < refused / 20, 'many bodies for HEAD');
    const since = performance.now();
    const ready = (): number => server.stats().threads.filter(({ state }) => state !== 'starting').length;
    await untilSo(
      () => ready() === threadCount,
      () => `${ready()} of ${threadCount} threads are back`,
      BACK_WITHIN_MS,
    );
    t.log(
      `all threads back ${(performance.now() - since).toFixed(0)} ms after the last request; ${threadsStarted()} started in all`,
    );
    await atRest();
    // Idle since then: it must answer at once, and everything rightly.
    t.deepEqual(await faultsOfShortLoad(port, seed), []);
    await atRest();
  },
});

test.serial('throws in timers', survives, {
  requests: amount(30_000, 1_500),
  oneDyingIn: 150,
  deaths: ['throw', 'reject'],
  terminateEveryMs: 0,
  threadCount: 2,
});

test.serial('exits, also in the middle of a reply', survives, {
  requests: amount(30_000, 1_500),
  oneDyingIn: 150,
  deaths: ['exit', 'midreply'],
  terminateEveryMs: 0,
  threadCount: 2,
});

test.serial('threads that run out of memory', survives, {
  requests: amount(16_000, 600),
  oneDyingIn: 150,
  deaths: ['oom'],
  terminateEveryMs: 0,
  threadCount: 2,
});

/** Node 20's HTTP parser takes the process down when its thread is terminated inside of it: `Empty MaybeLocal`. */
const isParserMortal = Number(process.versions.node.split('.')[0]) < 24;

test.serial('threads that are terminated at any instant', survives, {
  requests: amount(90_000, 4_000),
  oneDyingIn: 0,
  deaths: [],
  terminateEveryMs: 50,
  threadCount: 4,
  onlySimple: isParserMortal,
});
