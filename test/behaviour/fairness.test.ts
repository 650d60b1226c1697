/** Nobody's requests are served at the cost of somebody else's. Counts and order, not milliseconds. */
import test from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { amount, isLong } from '../helpers/amounts.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { startServer } from '../helpers/server-under-test.ts';
import { runSharesClientApart, type Shares } from '../helpers/shares-client.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test.serial('two connections that pipeline hundreds of requests do not hold up another client', async (t) => {
  const threadCount = 2;
  const each = amount(400, 100);
  const { server, port, atRest } = await startServer('transfer.mjs', { threadCount });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  const floods = [new RawConnection(port), new RawConnection(port)];
  for (const flood of floods) {
    for (let nth = 0; nth < each; nth += 1) flood.request(nth === 0 ? get('/block/5').repeat(each) : '');
  }
  await Promise.all(floods.map((flood) => flood.response()));

  const served = (): number => floods.reduce((sum, { responses }) => sum + responses.length, 0);
  const other = new RawConnection(port);
  const passed: number[] = [];
  while (served() < each) {
    const before = served();
    other.request(get('/hello'));
    await other.response(passed.length + 1);
    passed.push(served() - before);
  }
  t.log(`${passed.length} requests in between; at most ${Math.max(...passed)} others passed one`);
  // Each flood has one request in the queue or running at a time, whatever it has sent. While ours is
  // on its way those can end, and the next ones that are before it in the queue: never many.
  t.true(mean(passed) <= 2 * floods.length && Math.max(...passed) < each / 4, passed.join(' '));
  // Alone it would wait for one of the two threads: 5 ms at most, as long as two of theirs take.
  t.true(passed.length > each / (2 * floods.length), String(passed.length));
  await Promise.all(floods.map((flood) => flood.response(each)));
  t.true(floods.every(({ responses }) => responses.every(({ status }) => status === 200)));
  await Promise.all([...floods, other].map((client) => client.leave('close')));
  await atRest();
});

test.serial('a client that pipelines beyond its limit is refused, and the others are served', async (t) => {
  const { server, port, atRest } = await startServer('transfer.mjs', { threadCount: 1, maxInFlightPerConnection: 8 });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  const [flood, other] = [new RawConnection(port), new RawConnection(port)];
  for (let nth = 0; nth < 100; nth += 1) flood.request(nth === 0 ? get('/block/20').repeat(100) : '');
  await flood.response();
  other.request(get('/hello'));
  t.is((await other.response()).status, 200);
  await flood.response(100);
  const statuses = flood.responses.map(({ status }) => status);
  t.deepEqual(statuses, [...Array<number>(8).fill(200), ...Array<number>(92).fill(503)]);
  t.is(server.stats().refused.maxInFlightPerConnection, 92);
  // It serves on after it, and counts from there.
  flood.request(get('/hello'));
  t.is((await flood.response(101)).status, 200);
  await Promise.all([flood, other].map((client) => client.leave('close')));
  await atRest();
});

const mean = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0) / counts.length;

const isFair = (shares: Shares): boolean => shares.mean > 1 && shares.smallest >= shares.mean / 2;

/** Whatever the machine has to do beside: none is refused. */
const ROOM_FOR_ALL = 1024;

const sharesAreFair = test.macro({
  title: (_, threadCount: number, target: string, concurrencyPerThread: number) =>
    `no connection starves: ${threadCount} threads, ${target}, at most ${concurrencyPerThread} at once in each`,
  async exec(t, threadCount: number, target: string, concurrencyPerThread: number) {
    const { server, port, atRest } = await startServer('transfer.mjs', {
      threadCount,
      concurrencyPerThread,
      maxPending: ROOM_FOR_ALL,
    });
    t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
    const load = { port, target, kept: 100, fresh: 0, uploading: 0, uploadBytes: 0, rounds: amount(1000, 20) };
    const { kept, failures } = await runSharesClientApart(load);
    t.log(kept);
    t.deepEqual(failures, []);
    t.true(isFair(kept));
    await atRest();
  },
});

test.serial(sharesAreFair, 1, '/hello', 1024);
if (isLong) test.serial(sharesAreFair, 4, '/block/2', 1024);
// Full threads: what they await ends in any order, and who comes next must not depend on it.
test.serial(sharesAreFair, 2, '/wait/5', 4);

test.serial('accepting, reading and handing out do not starve one another', async (t) => {
  // The client itself may take seconds to come back to each of them.
  const options = { threadCount: 2, maxPending: Infinity, backlog: 4096, keepAliveTimeoutMs: 60_000 };
  const { server, port, atRest } = await startServer('transfer.mjs', options);
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  // A connection that is served has two descriptors, and a reserve stays free.
  const many = isLong ? Math.min(10_000, Math.floor(0.4 * loadLibc().descriptorLimit())) : 1_000;
  const rounds = amount(20, 10);
  const load = { port, target: '/hello', uploadBytes: 32_768 };
  let isOver = false;
  const crowd = runSharesClientApart({ ...load, kept: many, fresh: 0, uploading: 0, rounds: 4 * rounds });
  void crowd.finally(() => (isOver = true)).catch(() => {});
  while (server.stats().connections < many) await new Promise((resolve) => setImmediate(resolve));
  // In a process of its own: with the crowd's they would wait for one another in their client.
  const few = await runSharesClientApart({ ...load, kept: 50, fresh: 50, uploading: 50, rounds });
  t.false(isOver, 'the crowd was there all the time');
  const others = await crowd;
  t.log({ ...few, crowd: others.kept });
  t.deepEqual([...few.failures, ...others.failures], []);
  t.true(isFair(few.kept) && isFair(few.fresh) && isFair(few.uploading) && isFair(others.kept));
  // A new connection costs two rounds more, an upload some reads; starved they would wait for the crowd each time.
  t.true(few.fresh.mean > few.kept.mean / 10 && few.uploading.mean > few.kept.mean / 10);
  await atRest();
});
