import test from 'ava';
import type { Connection } from '../../../src/acceptor/connection.ts';
import { makeRoom } from '../../../src/acceptor/listening/idle-connections.ts';
import { startReading, stopReading } from '../../../src/acceptor/node-internals.ts';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { nowMs } from '../../../src/shared/clock.ts';
import { AcceptorByHand, answer, get, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const libc = loadLibc();

/** Long after what the tests do, so that all of it is long ago. */
const LATER_MS = 60_000;

interface Served {
  readonly client: RawConnection;
  readonly connection: Connection;
}

/** Connections that were served one after the other and are idle since; none has been for exactly as long as another. */
const serve = async (byHand: AcceptorByHand, count: number): Promise<Served[]> => {
  const [thread] = byHand.threads;
  const served: Served[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const client = new RawConnection(byHand.port);
    client.request(get());
    const taken = await thread?.nextRequest();
    const { connection } = byHand;
    if (taken !== undefined) answer(taken);
    await client.response();
    served.push({ client, connection });
    const since = nowMs();
    await untilSo(() => nowMs() - since > 2);
  }
  return served;
};

test('second descriptors go first: no client notices', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  byHand.addThread();
  const served = await serve(byHand, 3);
  t.is(makeRoom(byHand.acceptor.connections, libc, 2, nowMs()), 0);
  t.is(served.filter(({ connection }) => connection.writeDescriptor === -1).length, 2);
  // They are made again.
  for (const { client } of served) {
    client.request(get());
    answer((await byHand.threads[0]?.nextRequest()) ?? (t.fail() as never));
    t.is((await client.response(2)).status, 200);
  }
});

test('then those that have been idle for longest, no more than wanted', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  byHand.addThread();
  const served = await serve(byHand, 5);
  t.is(makeRoom(byHand.acceptor.connections, libc, 5 + 2, nowMs() + LATER_MS), 2);
  await byHand.open(3);
  await Promise.all(served.slice(0, 2).map(({ client }) => client.closed()));
  t.deepEqual(
    served.map(({ connection }) => connection.socket.destroyed),
    [true, true, false, false, false],
  );
});

test('one that has never said anything is idle too, one that is being served or has just come is not', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const running = new RawConnection(byHand.port);
  running.request(get('/running'));
  const taken = await thread.nextRequest();
  const reading = new RawConnection(byHand.port);
  reading.send('GET / HT');
  await byHand.open(2);
  await untilSo(() => byHand.connection.phase === 'reading');
  const silent = new RawConnection(byHand.port);
  await byHand.open(3);
  t.is(makeRoom(byHand.acceptor.connections, libc, 10, nowMs()), 0, 'all have just come');
  t.is(makeRoom(byHand.acceptor.connections, libc, 10, nowMs() + LATER_MS), 1);
  await silent.closed();
  answer(taken);
  t.is((await running.response()).status, 200);
  t.false(reading.isClosed);
});

test('who has never said anything goes before who was served, though that was longer ago', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  byHand.addThread();
  const [served] = await serve(byHand, 1);
  const silent = new RawConnection(byHand.port);
  await byHand.open(2);
  t.is(makeRoom(byHand.acceptor.connections, libc, 1 + 1, nowMs() + LATER_MS), 1);
  await silent.closed();
  t.false(served?.connection.socket.destroyed);
});

test('one whose next request is here, and only not read yet, stays', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  byHand.addThread();
  const [first, second] = await serve(byHand, 2);
  if (first === undefined || second === undefined) throw new Error('Two were served');
  // As while the acceptor is busy with others: what comes stays in the kernel.
  stopReading(first.connection.socket);
  first.client.request(get('/next'));
  while (!libc.hasUnread(first.connection.descriptor)) await new Promise((resolve) => setImmediate(resolve));
  t.is(makeRoom(byHand.acceptor.connections, libc, 2 + 1, nowMs() + LATER_MS), 1);
  t.false(first.connection.socket.destroyed);
  t.true(second.connection.socket.destroyed);
  startReading(first.connection.socket);
  const taken = await byHand.threads[0]?.nextRequest();
  t.regex(taken?.text ?? '', /^GET \/next /);
});
