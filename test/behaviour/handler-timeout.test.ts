/**
 * `handlerTimeoutMs`: a handler that takes too long is answered for, and what it writes later goes
 * nowhere; a thread that stands still is replaced from outside, while its clients have their answers.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { pino } from 'pino';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { HANDLER_TIMEOUT, THREAD_FAILED } from '../../src/shared/replies.ts';
import type { ServerOptions } from '../../src/shared/options/options.ts';
import { isLong } from '../helpers/amounts.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { type ServerUnderTest, startServer, untilSo } from '../helpers/server-under-test.ts';

interface Setup {
  readonly subject: ServerUnderTest;
  readonly logged: LogLine[];
}

/** The tests of one thread share a server and take turns. */
const test = anyTest.serial as TestFn<Setup>;
/** Those that have a server of their own do not wait for each other, unless they are many: some use a core each. */
const concurrently = isLong ? test : (anyTest as TestFn<Setup>);

const LIMIT_MS = 250;
/** Where several requests must have begun, or a large reply, before the first has had its time. */
const HELD_LIMIT_MS = 1000;
/** How late it may be: for a machine that does much else at the same time. */
const LATE_MS = 15_000;

/** What `/large` answers: more than the kernel takes for a client that does not read. */
const LARGE_BYTES = 8_000_000;

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const start = async (options: Partial<ServerOptions>): Promise<Setup> => {
  const logged: LogLine[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line) as LogLine) });
  const subject = await startServer('late.mjs', { handlerTimeoutMs: LIMIT_MS, threadCount: 1, logger, ...options });
  return { subject, logged };
};

test.before(async (t) => {
  t.context = await start({});
});
test.beforeEach((t) => {
  t.context.logged.length = 0;
});
test.after.always((t) => t.context.subject.server.stop({ gracefulTimeoutMs: 0 }));

const request = (target: string, method = 'GET', headers = ''): string =>
  `${method} ${target} HTTP/1.1\r\nHost: test\r\n${headers}\r\n`;

const chunked = (target: string): string => request(target, 'POST', 'Transfer-Encoding: chunked\r\n');

type Context = ExecutionContext<Setup>;

const connect = (t: Context, subject = t.context.subject): RawConnection => {
  const client = new RawConnection(subject.port);
  t.teardown(() => client.leave('close'));
  return client;
};

/** What has happened in the thread, once those that were given up have written all the same. */
const happenedLate = async (t: Context): Promise<string[]> => {
  const client = connect(t);
  client.request(request('/late'));
  return JSON.parse((await client.response()).body.toString()) as string[];
};

const isOnTime = (t: Context, since: number, limitMs = LIMIT_MS): void => {
  const tookMs = performance.now() - since;
  t.true(tookMs > limitMs - 5 && tookMs < limitMs + LATE_MS, `${tookMs.toFixed(0)} ms`);
};

/** Nothing waits, runs or is lent. */
const atRest = (subject: ServerUnderTest): Promise<void> => {
  const busy = (): string => {
    const { running, pending, lent } = subject.server.stats();
    return JSON.stringify({ running, pending, lent });
  };
  return untilSo(
    () => busy() === '{"running":0,"pending":0,"lent":0}',
    () => `Not at rest: ${busy()}`,
    LATE_MS,
  );
};

const LATE_LINE = { level: 40, thread: 0, msg: 'a handler took too long: answered 504' };
const CUT_LINE = { level: 40, thread: 0, msg: 'a handler took too long: its reply was cut' };

test('a handler that never answers: 504 in its place, the connection serves the next, late writes go nowhere', async (t) => {
  const { server } = t.context.subject;
  const before = server.stats();
  const client = connect(t);
  const since = performance.now();
  client.request(request('/never?secret=1'));
  const response = await client.response();
  isOnTime(t, since);
  t.is(response.head + response.body.toString(), HANDLER_TIMEOUT.text);
  t.is(server.stats().running, 0, 'from the moment on in which it is answered');
  client.request(request('/'));
  t.is((await client.response(2)).status, 200);
  t.deepEqual(await happenedLate(t), ['aborted', 'close']);
  client.request(request('/'));
  t.is((await client.response(3)).status, 200);
  t.is(client.responses.length, 3, 'no late byte');
  await atRest(t.context.subject);
  const { refused, served, threads } = server.stats();
  t.is(refused.handlerTimeout, before.refused.handlerTimeout + 1);
  t.is(served, before.served + 3);
  t.is(threads[0]?.abandoned, (before.threads[0]?.abandoned ?? 0) + 1);
  const [line] = t.context.logged;
  t.like(line, { ...LATE_LINE, method: 'GET', path: '/never', outcome: '504' });
  t.true(Number(line?.['ranMs']) >= LIMIT_MS);
});

test('a 1xx is no beginning of a reply', async (t) => {
  const client = connect(t);
  client.request(request('/informed'));
  const response = await client.response();
  t.is(response.head + response.body.toString(), HANDLER_TIMEOUT.text);
  t.deepEqual(
    client.responses.map(({ status }) => status),
    [102, 504],
  );
  t.deepEqual(await happenedLate(t), ['aborted', 'close']);
});

test('HEAD gets no body, and who asked for a close gets it', async (t) => {
  const [head, close] = [connect(t), connect(t)];
  head.request(request('/never', 'HEAD'), 'HEAD');
  close.request(request('/never', 'GET', 'Connection: close\r\n'));
  t.is((await head.response()).head, HANDLER_TIMEOUT.headBytes.toString());
  const toClose = await close.response();
  t.is(toClose.head + toClose.body.toString(), HANDLER_TIMEOUT.closeBytes.toString());
  await close.closed();
  head.request(request('/'));
  t.is((await head.response(2)).status, 200);
  await happenedLate(t);
});

test('what is pipelined behind it is served in its turn', async (t) => {
  const client = connect(t);
  for (const target of ['/', '/never', '/', '/never', '/']) client.request(request(target));
  await client.response(5);
  t.deepEqual(
    client.responses.map(({ status }) => status),
    [200, 504, 200, 504, 200],
  );
  await happenedLate(t);
  await atRest(t.context.subject);
});

test('a reply that has begun is cut', async (t) => {
  const client = connect(t);
  const since = performance.now();
  client.request(request('/begun'));
  await client.closed();
  isOnTime(t, since);
  t.deepEqual(client.responses, []);
  t.true(client.bytesReceived > 0);
  t.deepEqual(await happenedLate(t), ['aborted', 'close']);
  await atRest(t.context.subject);
  t.like(t.context.logged[0], { ...CUT_LINE, method: 'GET', path: '/begun', outcome: 'cut' });
});

test('a client that has left is not answered, and nothing is left of it', async (t) => {
  const client = connect(t);
  client.request(request('/never'));
  await untilSo(
    () => t.context.subject.server.stats().running === 1,
    () => 'it does not run',
    LATE_MS,
  );
  await client.leave('reset');
  await t.context.subject.atRest();
  t.deepEqual(await happenedLate(t), ['aborted', 'close']);
  t.deepEqual(t.context.logged, []);
});

test("a direct route's signal aborts, and what it then answers goes nowhere", async (t) => {
  const client = connect(t);
  client.request(request('/direct'));
  const response = await client.response();
  t.is(response.head + response.body.toString(), HANDLER_TIMEOUT.text);
  t.deepEqual(await happenedLate(t), ['signal']);
  client.request(request('/'));
  t.is((await client.response(2)).status, 200);
  t.is(client.responses.length, 2);
});

test('a direct stream that has begun is cut, and cancelled', async (t) => {
  const client = connect(t);
  client.request(request('/direct-stream'));
  await client.closed();
  t.deepEqual(client.responses, []);
  t.deepEqual((await happenedLate(t)).sort(), ['cancel', 'signal']);
  await atRest(t.context.subject);
});

test('on a lent connection: 504 and a close', async (t) => {
  const { server } = t.context.subject;
  const before = server.stats();
  const client = connect(t);
  client.request(`${chunked('/never?a=b')}1\r\na\r\n0\r\n\r\n`, 'POST');
  const since = performance.now();
  const response = await client.response();
  isOnTime(t, since);
  t.is(response.head + response.body.toString(), HANDLER_TIMEOUT.closeBytes.toString());
  await client.closed();
  t.deepEqual(await happenedLate(t), ['aborted', 'close']);
  await atRest(t.context.subject);
  t.is(server.stats().refused.handlerTimeout, before.refused.handlerTimeout + 1);
  t.like(t.context.logged[0], { ...LATE_LINE, method: 'POST', path: '/never', outcome: '504' });
});

test('on a lent connection: a reply that has begun is cut', async (t) => {
  const client = connect(t);
  client.request(`${chunked('/begun')}0\r\n\r\n`, 'POST');
  await client.closed();
  t.deepEqual(client.responses, []);
  t.true(client.bytesReceived > 0);
  t.deepEqual(await happenedLate(t), ['aborted', 'close']);
  await atRest(t.context.subject);
  t.like(t.context.logged[0], { ...CUT_LINE, method: 'POST', path: '/begun', outcome: 'cut' });
});

test('on a lent connection a body that is still arriving is not the delay of its handler', async (t) => {
  const client = connect(t);
  client.request(chunked('/reads'), 'POST');
  const since = performance.now();
  const upload = setInterval(() => client.send('1\r\na\r\n'), LIMIT_MS / 5);
  await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS));
  clearInterval(upload);
  client.send('0\r\n\r\n');
  const response = await client.response();
  t.is(response.body.toString(), 'read');
  t.true(performance.now() - since > LIMIT_MS);
});

test('a handler that blocks for a while is no thread that stands still', async (t) => {
  const { threadId } = t.context.subject.server.stats().threads[0] ?? {};
  const client = connect(t);
  client.request(request(`/block/${LIMIT_MS / 2}`));
  t.is((await client.response()).status, 200);
  t.is(t.context.subject.server.stats().threads[0]?.threadId, threadId);
});

concurrently(
  'more than 100 handlers that never answer: the thread is replaced before it ends, no request is lost',
  async (t) => {
    const { subject, logged } = await start({ handlerTimeoutMs: 50, threadCount: 1 });
    t.teardown(() => subject.server.stop({ gracefulTimeoutMs: 0 }));
    const { server } = subject;
    const { threadId } = server.stats().threads[0] ?? {};
    const clients = Array.from({ length: 26 }, () => connect(t, subject));
    for (let nth = 1; nth <= 4; nth += 1) {
      for (const client of clients) client.request(request('/never'));
      await Promise.all(clients.map((client) => client.response(nth)));
    }
    for (const { responses } of clients) t.true(responses.every(({ status }) => status === 504));
    const [thread] = server.stats().threads;
    t.is(thread?.abandoned, 104);
    await untilSo(
      () => server.stats().threads.length === 1 && server.stats().threads[0]?.threadId !== threadId,
      () => `not replaced: ${JSON.stringify(server.stats().threads)}`,
      LATE_MS,
    );
    const replaced = logged.filter(({ msg }) => msg === 'a thread is replaced');
    t.is(replaced.length, 1);
    t.like(replaced[0], { thread: 0, reason: 'abandoned', abandoned: 101 });
    t.is(server.stats().threads[0]?.abandoned, 0);
    await atRest(subject);
  },
);

concurrently('a reply that is whole and waits for a slow client is not the delay of its handler', async (t) => {
  const { subject, logged } = await start({ handlerTimeoutMs: HELD_LIMIT_MS });
  t.teardown(() => subject.server.stop({ gracefulTimeoutMs: 0 }));
  const clients: { readonly socket: Socket; received: number }[] = [];
  for (const bytes of [request('/large'), request('/direct-large'), `${chunked('/large')}0\r\n\r\n`]) {
    const client = { socket: createConnection(subject.port, '127.0.0.1'), received: 0 };
    t.teardown(() => client.socket.destroy());
    client.socket.write(bytes);
    client.socket.on('data', (chunk) => (client.received += chunk.length));
    await once(client.socket, 'data');
    client.socket.pause();
    clients.push(client);
  }
  await new Promise((resolve) => setTimeout(resolve, 1.5 * HELD_LIMIT_MS));
  for (const { socket } of clients) socket.resume();
  await untilSo(
    () => clients.every(({ received }) => received > LARGE_BYTES),
    () => `received: ${clients.map(({ received }) => received).join(', ')}`,
    LATE_MS,
  );
  t.deepEqual(logged, []);
});

const isHeld = (anyTest as TestFn<Setup>).macro({
  title: (_, target, lent) => `a thread that stands still in ${target}${lent ? ', on a lent connection' : ''}`,
  async exec(t, target: string, lent: boolean) {
    const { subject, logged } = await start({ handlerTimeoutMs: HELD_LIMIT_MS });
    t.teardown(() => subject.server.stop({ gracefulTimeoutMs: 0 }));
    const { server } = subject;
    const { threadId } = server.stats().threads[0] ?? {};
    // In the same thread: one awaits, of one half is read, one has a reply that has begun.
    const [held, awaits, half, begun, next] = [1, 2, 3, 4, 5].map(() => connect(t, subject));
    if (!held || !awaits || !half || !begun || !next) throw new Error('There are five');
    begun.request(request('/begun'));
    await begun.received(1);
    awaits.request(request('/never'));
    half.request(`${request('/reads', 'POST', 'Transfer-Encoding: chunked\r\n').slice(0, -2)}X-Half`, 'POST');
    await untilSo(
      () => server.stats().running === 2 && server.stats().lent === 1,
      () => 'they do not run',
      LATE_MS,
    );
    const since = performance.now();
    if (lent) held.request(`${chunked(target)}0\r\n\r\n`, 'POST');
    else held.request(request(target));
    next.request(request('/'));
    const response = await held.response();
    isOnTime(t, since, HELD_LIMIT_MS);
    const expected = lent ? HANDLER_TIMEOUT.closeBytes.toString() : HANDLER_TIMEOUT.text;
    t.is(response.head + response.body.toString(), expected);
    t.is((await awaits.response()).status, 504);
    const toHalf = await half.response();
    t.is(toHalf.head + toHalf.body.toString(), THREAD_FAILED.closeBytes.toString());
    await begun.closed();
    // What waited behind it is served by the thread that takes its place; the connections live on.
    t.not((await next.response()).body.toString(), String(threadId));
    awaits.request(request('/'));
    t.is((await awaits.response(2)).status, 200);
    await atRest(subject);
    const [line] = logged.filter(({ level }) => level === 50);
    t.like(line, { thread: 0, method: lent ? 'POST' : 'GET', path: target });
    t.true(Number(line?.['heldMs']) >= HELD_LIMIT_MS);
    t.is(logged.filter(({ msg }) => msg === 'a thread ended and is replaced').length, 1);
    t.is(server.stats().threads[0]?.abandoned, 0);
  },
});

concurrently(isHeld, '/loop', false);
concurrently(isHeld, '/loop', true);
if (isLong) {
  concurrently(isHeld, '/expression', false);
  concurrently(isHeld, '/block/60000', false);
  // Nothing ends it before it returns.
  concurrently(isHeld, '/native/5', false);
}
