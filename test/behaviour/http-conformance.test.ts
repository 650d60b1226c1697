/**
 * The same byte sequences to a plain node:http server and to ours, with the same app: the same
 * requests run and get the same answers, or ours is stricter for a reason that is written down.
 */
import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Server } from '../../src/server.ts';
import { CASES, type Case } from '../helpers/conformance/cases.ts';
import { readCorpora } from '../helpers/conformance/corpora.ts';
import { type Answer, sendTo, type Outcome } from '../helpers/conformance/outcome.ts';
import { explain, isSame, REASONS, showSeen, type Seen } from '../helpers/conformance/reasons.ts';
import { RunLog } from '../helpers/conformance/run-log.ts';
import { Random, seedFromEnvironment } from '../helpers/random.ts';

/** Every connection ends by itself: unfinished requests after this, finished ones a second later at the latest. */
const PATIENCE_MS = 1000;
const IDLE_MS = 200;
const THREADS = 2;
/** Most connections only wait for a time-out. */
const AT_ONCE = 40;

/** Sent behind a case: whoever understands the case alike understands this alike. */
const MARKER = Buffer.from('GET /marker HTTP/1.1\r\nHost: marker\r\nConnection: close\r\n\r\n');

const LOGGED = new URL('../../../test/fixtures/conformance.mjs', import.meta.url);
const ECHO = new URL('../../../test/fixtures/conformance-echo.mjs', import.meta.url);

interface Both {
  readonly plain: number;
  readonly ours: number;
}

const startBoth = async (t: ExecutionContext, app: URL): Promise<Both> => {
  const { default: listener } = (await import(app.href)) as { default: RequestListener };
  const plain = http.createServer(
    {
      requestTimeout: PATIENCE_MS,
      headersTimeout: PATIENCE_MS,
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: 50,
    },
    listener,
  );
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const ours = new Server({
    app,
    threadCount: THREADS,
    port: 0,
    readTimeoutMs: PATIENCE_MS,
    maxRequestReadMs: PATIENCE_MS,
    keepAliveTimeoutMs: IDLE_MS,
    logLevel: 'warn',
  });
  t.teardown(async () => {
    plain.close();
    await ours.stop();
  });
  await ours.start();
  return { plain: (plain.address() as AddressInfo).port, ours: (ours.address() as AddressInfo).port };
};

const withMarker = ({ name, bytes }: Case): Case => ({
  name: `${name} + marker`,
  bytes: Buffer.concat([bytes, MARKER]),
});

const forEach = async <Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> => {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of rest) await run(item);
    }),
  );
};

interface Compared {
  readonly case_: Case;
  readonly plain: Seen;
  readonly ours: Seen;
}

/** What both servers make of the cases. */
const compare = async (t: ExecutionContext, cases: readonly Case[]): Promise<readonly Compared[]> => {
  const log = new RunLog();
  t.teardown(() => log.close());
  const ports = await startBoth(t, LOGGED);
  const results: [Case, Outcome, Outcome][] = [];
  await forEach(cases, async (case_) => {
    const pieces = [case_.bytes];
    const [plain, ours] = await Promise.all([sendTo(ports.plain, pieces), sendTo(ports.ours, pieces)]);
    t.is(plain.error, undefined, case_.name);
    t.is(ours.error, undefined, case_.name);
    results.push([case_, plain, ours]);
  });
  await log.flush(ports.plain, 1, sendTo);
  await log.flush(ports.ours, THREADS, sendTo);
  return results.map(([case_, plain, ours]) => ({
    case_,
    plain: { answers: plain.answers, ran: log.take(ports.plain, plain.clientPort) },
    ours: { answers: ours.answers, ran: log.take(ports.ours, ours.clientPort) },
  }));
};

/** How many cases each reason explains; fails for each that none explains. */
const judge = (t: ExecutionContext, compared: readonly Compared[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { case_, plain, ours } of compared) {
    const why = isSame(plain, ours) ? 'the same' : explain(plain, ours, case_.bytes)?.why;
    if (why === undefined) t.fail(`${case_.name}\n  node: ${showSeen(plain)}\n  ours: ${showSeen(ours)}`);
    else counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  for (const [why, count] of counts) t.log(`${count} x ${why}`);
  return counts;
};

test('our own sequences: as node:http, or stricter for a reason', async (t) => {
  t.true(CASES.length >= 150);
  const counts = judge(t, await compare(t, [...CASES, ...CASES.map(withMarker)]));
  // A reason that explains nothing hides what it might.
  for (const { why } of REASONS) t.true((counts.get(why) ?? 0) > 0, why);
});

test("other projects' sequences: as node:http, or stricter for a reason", async (t) => {
  const corpora = readCorpora();
  if (corpora === undefined) {
    t.log('Skipped: HYPERION_CORPORA names no corpora, and there are none beside the checkout.');
    return t.pass();
  }
  t.true(corpora.length >= 400);
  judge(t, await compare(t, [...corpora, ...corpora.map(withMarker)]));
});

test('the app gets the same bodies', async (t) => {
  const ports = await startBoth(t, ECHO);
  let bodies = 0;
  await forEach([...CASES, ...(readCorpora() ?? [])].map(withMarker), async ({ name, bytes }) => {
    const [plain, ours] = await Promise.all([sendTo(ports.plain, [bytes]), sendTo(ports.ours, [bytes])]);
    // Of those that both take whole; the rest is for the tests above.
    if (
      [...plain.answers, ...ours.answers].some(({ status }) => status >= 400) ||
      plain.answers.at(-1)?.isLast !== true
    )
      return;
    t.deepEqual(ours.answers, plain.answers, name);
    bodies += 1;
  });
  t.log(`${bodies} sequences`);
  t.true(bodies > 50);
});

/** Node's parser tells of a coding it refuses with the last piece alone: which of the two it was may stand in one before. */
const asRefusal = (answer: Answer): Answer => (answer.status === 501 ? { ...answer, status: 400 } : answer);

test('however a sequence is cut, the same requests run and get the same answers', async (t) => {
  const seed = seedFromEnvironment();
  t.log(`HYPERION_SEED=${seed}`);
  const random = new Random(seed);
  const { ours } = await startBoth(t, LOGGED);
  await forEach(CASES, async ({ name, bytes }) => {
    const cuts = Array.from({ length: random.integer(1, 6) }, () => random.integer(1, bytes.length - 1)).sort(
      (a, b) => a - b,
    );
    const pieces = [...cuts, bytes.length].map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
    const [whole, cut] = await Promise.all([sendTo(ours, [bytes]), sendTo(ours, pieces)]);
    t.deepEqual(cut.answers.map(asRefusal), whole.answers.map(asRefusal), `${name} cut at ${cuts.join(', ')}`);
  });
});
