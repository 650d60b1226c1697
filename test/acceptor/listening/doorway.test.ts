/** Connections whose first request is their last one: served without being watched, and told of what happens all the same. */
import { readdirSync } from 'node:fs';
import test from 'ava';
import type { Connection } from '../../../src/acceptor/connection.ts';
import { SERVER_BUSY, THREAD_FAILED } from '../../../src/shared/replies.ts';
import { AcceptorByHand, answer, get, type TakenRequest, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const LAST = get('/last', 'Connection: close\r\n');

const connectionOf = (byHand: AcceptorByHand, { loan }: TakenRequest): Connection =>
  byHand.acceptor.connections.table.get(loan.slot) as Connection;

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** Opens them at once, so that all but the first are accepted behind it, as bare descriptors. */
const ask = (byHand: AcceptorByHand, count: number, bytes = LAST): RawConnection[] =>
  Array.from({ length: count }, () => {
    const client = new RawConnection(byHand.port);
    client.request(bytes);
    return client;
  });

test.serial('served, closed and forgotten without a socket, whether libuv accepted it or not', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const before = openDescriptors();
  const served: Connection[] = [];
  const isSeen = (isBare: boolean): boolean =>
    served.some(({ isUnwatched, incoming }) => isUnwatched && incoming.isBare === isBare);
  // Where the machine stalls for longer than a connection goes unwatched, another round is made.
  for (let round = 0; round < 20 && !(isSeen(true) && isSeen(false)); round += 1) {
    const clients = ask(byHand, 6);
    for (const _ of clients) {
      const taken = await thread.nextRequest();
      const connection = connectionOf(byHand, taken);
      served.push(connection);
      answer(taken, false);
    }
    for (const client of clients) {
      t.is((await client.response()).status, 200);
      await client.closed();
    }
    await untilSo(() => byHand.acceptor.connections.table.size === 0);
  }
  t.true(isSeen(true));
  t.true(isSeen(false));
  await untilSo(() => openDescriptors() === before);
});

test.serial('a request that runs on is watched: its thread hears that the client has gone', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const before = openDescriptors();
  const clients = ask(byHand, 3);
  const taken = [await thread.nextRequest(), await thread.nextRequest(), await thread.nextRequest()];
  const connections = taken.map((request) => connectionOf(byHand, request));
  await untilSo(() => connections.every(({ isUnwatched }) => !isUnwatched));
  for (const { descriptor, writeDescriptor } of connections) t.not(descriptor, writeDescriptor);
  for (const client of clients) client.socket.resetAndDestroy();
  await untilSo(() => byHand.told.length === 3);
  t.true(byHand.told.every(({ message }) => message.type === 'client-gone'));
  // As a thread does whose write has failed.
  for (const { loan } of taken) t.true(loan.beginReply());
  for (const { loan } of taken) loan.end(false);
  await untilSo(() => byHand.acceptor.connections.table.size === 0);
  await untilSo(() => openDescriptors() === before);
});

test.serial('a reply after a while reaches its client, and the connection closes', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const clients = ask(byHand, 3);
  for (const _ of clients) {
    const taken = await thread.nextRequest();
    await untilSo(() => !connectionOf(byHand, taken).isUnwatched);
    answer(taken, false);
  }
  for (const client of clients) {
    t.is((await client.response()).status, 200);
    await client.closed();
  }
});

test.serial('what is sent behind the last request destroys no reply', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const clients = ask(byHand, 3);
  for (const client of clients) {
    const taken = await thread.nextRequest();
    client.send('more than was asked for');
    answer(taken, false);
  }
  for (const client of clients) {
    t.is((await client.response()).status, 200);
    await client.closed();
  }
});

test.serial('its thread dies: 503, and a close', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const clients = ask(byHand, 3);
  for (const _ of clients) await thread.nextRequest();
  t.deepEqual(thread.die(), { replied: 3, cut: 0 });
  for (const client of clients) {
    const response = await client.response();
    t.is(response.body.toString(), THREAD_FAILED.text.split('\r\n\r\n')[1] as string);
    await client.closed();
  }
});

test.serial('too many wait: 503, and a close', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxPending: 2 });
  const others = ask(byHand, 3);
  await Promise.race(others.map((client) => client.response()));
  t.is(byHand.counters.rejected.maxPending, 1);
  const thread = byHand.addThread();
  answer(await thread.nextRequest(), false);
  answer(await thread.nextRequest(), false);
  const all = await Promise.all(others.map((client) => client.response()));
  t.is(all.filter(({ status }) => status === 200).length, 2);
  const refused = all.find(({ status }) => status === 503);
  t.is(refused?.body.toString(), SERVER_BUSY.text.split('\r\n\r\n')[1] as string);
});

test.serial('the same with requests that come in pieces, or later than their connection', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const [late, pieces] = [new RawConnection(byHand.port), new RawConnection(byHand.port)];
  pieces.send(LAST.slice(0, 10));
  await untilSo(() => byHand.acceptor.connections.table.size === 2);
  await untilSo(() => !byHand.acceptor.connections.table.get(0)?.isUnwatched);
  late.request(LAST);
  answer(await thread.nextRequest(), false);
  t.is((await late.response()).status, 200);
  pieces.request(LAST.slice(10));
  answer(await thread.nextRequest(), false);
  t.is((await pieces.response()).status, 200);
});

test.serial('a client that is not served in time gets the answer of a lent connection that is watched', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxWaitMs: 40 });
  byHand.addThread();
  const clients = ask(byHand, 3);
  for (const client of clients) {
    t.is((await client.response()).status, 503);
    await client.closed();
  }
  t.is(byHand.counters.rejected.maxWait, 3);
});
