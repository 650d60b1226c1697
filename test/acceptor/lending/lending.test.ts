/** What waits, in the ring and in the list behind it: the order, the count, the ways out. */
import { fstatSync } from 'node:fs';
import test from 'ava';
import { OVERFLOW } from '../../../src/shared/memory/layout.ts';
import { IDLE, ownerOf, stageOf, WAITING } from '../../../src/shared/memory/words.ts';
import { nowMs } from '../../../src/shared/clock.ts';
import {
  AcceptorByHand,
  answer,
  get,
  giveNumberAway,
  type HandThread,
  post,
  untilSo,
} from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';
import { startRingAt } from '../../helpers/shared-memory.ts';

const BLOCKS = 128;
/** Needs a block. */
const big = (nth: number): string => post(`/${nth}`, 'x'.repeat(3000));

/** A connection loan that needs a block, with more to come. */
const CHUNKED = `POST /lent HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n${'x'.repeat(3000)}\r\n`;

/** One after the other, so that their order is known. */
const sendEach = async (byHand: AcceptorByHand, requests: readonly string[]): Promise<RawConnection[]> => {
  const clients: RawConnection[] = [];
  for (const request of requests) {
    const waitingBefore = byHand.pending;
    const client = new RawConnection(byHand.port);
    client.request(request, request.slice(0, request.indexOf(' ')));
    clients.push(client);
    await untilSo(() => byHand.pending === waitingBefore + 1);
  }
  return clients;
};

/** All at once, in any order. */
const sendAll = async (byHand: AcceptorByHand, requests: readonly string[]): Promise<RawConnection[]> => {
  const waitingBefore = byHand.pending;
  const clients = requests.map((request) => {
    const client = new RawConnection(byHand.port);
    client.request(request, 'POST');
    return client;
  });
  await untilSo(() => byHand.pending === waitingBefore + requests.length);
  return clients;
};

const bigOnes = (): string[] => Array.from({ length: BLOCKS }, (_, nth) => big(nth));

const targetOf = (text: string): string => text.split(' ')[1] as string;

const overflowing = async (
  t: Parameters<typeof AcceptorByHand.start>[0],
  extra: readonly string[],
  options: Parameters<typeof AcceptorByHand.start>[1] = {},
): Promise<{ byHand: AcceptorByHand; thread: HandThread; clients: RawConnection[] }> => {
  const byHand = await AcceptorByHand.start(t, options);
  const clients = [...(await sendAll(byHand, bigOnes())), ...(await sendEach(byHand, extra))];
  return { byHand, thread: byHand.addThread(), clients };
};

test('more than the blocks hold wait in a list, in their turn, each counted once', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  startRingAt(byHand.memory, 2 ** 31 - 20);
  const extra = [big(BLOCKS), get('/small'), big(BLOCKS + 1)];
  const clients = await sendEach(byHand, [...bigOnes(), ...extra]);
  t.is(byHand.pending, BLOCKS + 3);
  t.is(byHand.memory.load(OVERFLOW), 1);
  const thread = byHand.addThread();
  const expected = [...clients.keys()].map((nth) =>
    nth === BLOCKS + 1 ? '/small' : `/${nth > BLOCKS ? nth - 1 : nth}`,
  );
  const seen: string[] = [];
  for (let left = clients.length; left > 0; left -= 1) {
    const taken = await thread.nextRequest();
    seen.push(targetOf(taken.text));
    t.is(byHand.pending, left - 1);
    answer(taken);
  }
  t.deepEqual(seen, expected);
  for (const client of clients) t.is((await client.response()).status, 200);
  t.is(byHand.memory.load(OVERFLOW), 0);
});

test('a request in the list leaves its word idle, and none of its connection starts meanwhile', async (t) => {
  const { byHand, thread, clients } = await overflowing(t, [big(BLOCKS)]);
  const last = clients.at(-1) as RawConnection;
  const { connection } = byHand;
  t.is(connection.phase, 'overflow');
  t.is(stageOf(byHand.word(connection)), IDLE);
  last.request(get('/behind'));
  await untilSo(() => connection.buffer !== undefined);
  t.is(byHand.pending, BLOCKS + 1);
  for (let nth = 0; nth <= BLOCKS; nth += 1) answer(await thread.nextRequest());
  t.is(targetOf((await thread.nextRequest()).text), '/behind');
});

test('a connection that waits in the list to be lent is not read', async (t) => {
  const { byHand, thread, clients } = await overflowing(t, [CHUNKED]);
  const last = clients.at(-1) as RawConnection;
  last.send('0\r\n\r\n');
  // Something that is read later than these bytes would be.
  await sendEach(byHand, [get('/probe')]);
  t.is(byHand.acceptor.connections.table.get(BLOCKS)?.buffer, undefined);
  for (let nth = 0; nth < BLOCKS; nth += 1) answer(await thread.nextRequest());
  const lent = await thread.nextConnection();
  t.is(lent.text, CHUNKED);
  t.is(byHand.acceptor.connections.table.get(BLOCKS)?.buffer, undefined);
});

test('a connection that comes back with more than finds a place is not read either', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/first'));
  const first = await thread.nextRequest();
  const { connection } = byHand;
  client.request(CHUNKED, 'POST');
  await untilSo(() => connection.buffer?.length === CHUNKED.length);
  await sendEach(
    byHand,
    Array.from({ length: BLOCKS }, (_, nth) => big(nth)),
  );
  answer(first);
  await untilSo(() => connection.phase === 'overflow');
  client.send('0\r\n\r\n');
  await sendEach(byHand, [get('/probe')]);
  t.is(connection.buffer, undefined);
  for (let nth = 0; nth < BLOCKS; nth += 1) answer(await thread.nextRequest());
  t.is((await thread.nextConnection()).text, CHUNKED);
});

test('a client that resets takes its waiting request with it, from the ring and from the list', async (t) => {
  const { byHand, thread, clients } = await overflowing(t, [big(BLOCKS), get('/last')]);
  const connections = byHand.acceptor.connections.table.size;
  await (clients[0] as RawConnection).leave('reset');
  await byHand.open(connections - 1);
  t.is(byHand.pending, BLOCKS + 1);
  await (clients[BLOCKS] as RawConnection).leave('reset');
  await byHand.open(connections - 2);
  t.is(byHand.pending, BLOCKS);
  const seen: string[] = [];
  for (let nth = 0; nth < BLOCKS; nth += 1) {
    const taken = await thread.nextRequest();
    seen.push(targetOf(taken.text));
    answer(taken);
  }
  t.is(seen.at(-1), '/last');
  const expected = [...Array.from({ length: BLOCKS - 1 }, (_, nth) => `/${nth + 1}`), '/last'];
  t.deepEqual([...seen].sort(), expected.sort());
  t.is(byHand.pending, 0);
  t.is(thread.take(), undefined);
});

test('no descriptor of a connection is used once its socket is destroyed', async (t) => {
  const { byHand, thread } = await overflowing(t, [CHUNKED]);
  const { connection } = byHand;
  t.is(connection.phase, 'overflow');
  giveNumberAway(t, connection);
  answer(await thread.nextRequest());
  byHand.acceptor.lending.drainOverflow(nowMs());
  t.is(connection.lentDescriptors, undefined);
  t.is(stageOf(byHand.word(connection)), IDLE);
  await byHand.open(BLOCKS);
  t.is(byHand.pending, BLOCKS - 1);
  t.is(byHand.memory.load(OVERFLOW), 0);
});

test('the time in the list counts for maxWaitMs', async (t) => {
  const { byHand, thread, clients } = await overflowing(t, [big(BLOCKS)], { maxWaitMs: 60_000 });
  const { connection } = byHand;
  const since = connection.since;
  answer(await thread.nextRequest());
  await untilSo(() => connection.phase === 'lent');
  t.is(stageOf(byHand.word(connection)), WAITING);
  t.is(connection.since, since);
  t.is(clients.length, BLOCKS + 1);
});

test('who waited too long leaves the ring and the list', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxWaitMs: 300 });
  const count = BLOCKS + 20;
  const clients = Array.from({ length: count }, (_, nth) => {
    const client = new RawConnection(byHand.port);
    client.request(big(nth), 'POST');
    return client;
  });
  for (const client of clients) t.is((await client.response()).status, 503);
  t.is(byHand.counters.rejected.maxWait, count);
  t.is(byHand.pending, 0);
  t.is(byHand.memory.load(OVERFLOW), 0);
  const thread = byHand.addThread();
  t.is(thread.take(), undefined);
  const late = new RawConnection(byHand.port);
  late.request(big(999), 'POST');
  answer(await thread.nextRequest());
  t.is((await late.response()).status, 200);
});

test('a cancelled connection loan closes the duplicate that nobody has seen', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxWaitMs: 100 });
  const client = new RawConnection(byHand.port);
  client.request('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n', 'POST');
  await untilSo(() => byHand.pending === 1);
  const [lent] = byHand.connection.lentDescriptors ?? [];
  t.is(fstatSync(lent?.descriptor ?? -1).ino, lent?.inode as number);
  t.is((await client.response()).status, 503);
  await client.closed();
  await byHand.open(0);
  let inode;
  try {
    inode = fstatSync(lent?.descriptor ?? -1).ino;
  } catch {
    // Closed.
  }
  t.not(inode, lent?.inode as number);
});

test('pending is exact over takes, cancels and deaths of several threads', async (t) => {
  const byHand = await AcceptorByHand.start(t, { threadCount: 4 });
  const threads = [byHand.addThread(), byHand.addThread(), byHand.addThread()] as const;
  const clients = await sendEach(
    byHand,
    Array.from({ length: 9 }, (_, nth) => get(`/${nth}`)),
  );
  t.is(byHand.pending, 9);
  threads[0].take();
  threads[1].claimOnly();
  t.is(byHand.pending, 7);
  await (clients[8] as RawConnection).leave('reset');
  await byHand.open(8);
  t.is(byHand.pending, 6);
  t.deepEqual(threads[0].die(), { replied: 1, cut: 0 });
  t.deepEqual(threads[1].die(), { replied: 1, cut: 0 });
  t.is(byHand.pending, 6);
  for (let left = 6; left > 0; left -= 1) {
    const taken = await threads[2].nextRequest();
    t.is(ownerOf(byHand.word(byHand.acceptor.connections.table.get(taken.loan.slot) ?? byHand.connection)), 3);
    t.is(byHand.pending, left - 1);
    answer(taken);
  }
  for (const [nth, client] of clients.slice(0, 8).entries())
    t.is((await client.response()).status, nth < 2 ? 503 : 200);
});
