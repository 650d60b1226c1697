/** Fresh connections whose request comes a moment after they do: waited for, and not for long. */
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { Connection } from '../../../src/acceptor/connection.ts';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { AcceptorByHand, ANSWER, answer, get, type HandThread, untilSo } from '../../helpers/acceptor-by-hand.ts';
import type { LateClient } from '../../helpers/late-client.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const libc = loadLibc();
const LAST = get('/last', 'Connection: close\r\n');

/** Asks from another thread: the acceptor sleeps in this one. */
const startLateClient = (t: ExecutionContext, port: number, waitMicroseconds: number): Worker => {
  const workerData: LateClient = { port, bytes: LAST, waitMicroseconds };
  const client = new Worker(new URL('../../helpers/late-client.js', import.meta.url), { workerData });
  t.teardown(() => client.terminate());
  return client;
};

/** The connection of its next request, which is answered. */
const serveOne = async (byHand: AcceptorByHand, thread: HandThread, client: Worker): Promise<Connection> => {
  const text = once(client, 'message') as Promise<[string]>;
  client.postMessage('ask');
  const taken = await thread.nextRequest();
  const connection = byHand.acceptor.connections.table.get(taken.loan.slot) as Connection;
  answer(taken, false);
  if ((await text)[0] !== ANSWER) throw new Error(`The client read ${(await text)[0]}`);
  return connection;
};

test.serial('a request that comes a moment later needs no socket', async (t) => {
  let woken = 0;
  const waitForAny = (request: Int32Array, count: number, waitMs: number): void => {
    libc.waitForAny(request, count, waitMs);
    if (waitMs > 0) woken += 1;
  };
  const byHand = await AcceptorByHand.start(t, {}, {}, { waitForAny });
  const thread = byHand.addThread();
  const client = startLateClient(t, byHand.port, 500);
  let isSeen = false;
  // Where the machine stalls for longer than it is waited for, another one is sent.
  for (let round = 0; round < 50 && !isSeen; round += 1) {
    woken = 0;
    const { isUnwatched } = await serveOne(byHand, thread, client);
    isSeen = isUnwatched && woken > 0;
  }
  t.true(isSeen);
});

test.serial('one that comes late, or never, is watched', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const late = new RawConnection(byHand.port);
  const silent = new RawConnection(byHand.port);
  await byHand.open(2);
  await untilSo(() => [0, 1].every((slot) => byHand.acceptor.connections.table.get(slot)?.isUnwatched === false));
  late.request(LAST);
  answer(await thread.nextRequest(), false);
  t.is((await late.response()).status, 200);
  silent.socket.destroy();
  await untilSo(() => byHand.acceptor.connections.table.size === 0);
});

test.serial('one that leaves meanwhile is forgotten', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const clients = Array.from({ length: 3 }, () => new RawConnection(byHand.port));
  await byHand.open(3);
  for (const { socket } of clients) socket.destroy();
  await untilSo(() => byHand.acceptor.connections.table.size === 0);
  t.is(byHand.counters.accepted, 3);
});

test.serial('who is silent keeps nobody else waiting', async (t) => {
  const slept: number[] = [];
  const waitForAny = (request: Int32Array, count: number, waitMs: number): void => {
    const start = performance.now();
    // Much longer than is asked for: only the event loop's own descriptor can end it.
    libc.waitForAny(request, count, waitMs === 0 ? 0 : 10_000);
    slept.push(performance.now() - start);
  };
  const byHand = await AcceptorByHand.start(t, {}, {}, { waitForAny });
  const thread = byHand.addThread();
  const client = startLateClient(t, byHand.port, 0);
  // Starts it, so that what follows comes within the wait.
  await serveOne(byHand, thread, client);
  const silent = new RawConnection(byHand.port);
  await byHand.open(1);
  await serveOne(byHand, thread, client);
  silent.socket.destroy();
  await byHand.open(0);
  t.true(
    slept.every((ms) => ms < 5_000),
    `slept ${Math.max(...slept)} ms`,
  );
});

test.serial('more than it waits for at once are watched instead', async (t) => {
  const counts: number[] = [];
  const waitForAny = (request: Int32Array, count: number, waitMs: number): void => {
    counts.push(count);
    libc.waitForAny(request, count, waitMs);
  };
  const byHand = await AcceptorByHand.start(t, {}, {}, { waitForAny });
  const thread = byHand.addThread();
  const clients = Array.from({ length: 400 }, () => new RawConnection(byHand.port));
  await byHand.open(clients.length);
  t.true(counts.every((count) => count <= 257));
  for (const client of clients) client.request(LAST);
  for (const _ of clients) answer(await thread.nextRequest(), false);
  for (const client of clients) t.is((await client.response()).status, 200);
});

test.serial("without the event loop's descriptor it never sleeps, and serves all the same", async (t) => {
  const waits: number[] = [];
  const waitForAny = (request: Int32Array, count: number, waitMs: number): void => {
    waits.push(waitMs);
    libc.waitForAny(request, count, waitMs);
  };
  const byHand = await AcceptorByHand.start(t, {}, {}, { waitForAny, eventLoopDescriptor: () => -1 });
  const thread = byHand.addThread();
  const client = startLateClient(t, byHand.port, 500);
  for (let round = 0; round < 5; round += 1) await serveOne(byHand, thread, client);
  t.true(waits.length > 0);
  t.true(waits.every((waitMs) => waitMs === 0));
});
