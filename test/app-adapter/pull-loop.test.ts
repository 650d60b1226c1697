/** A real pull loop in the test's own thread, a real acceptor; what it serves is the test's. */
import { AsyncLocalStorage } from 'node:async_hooks';
import test from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { sendWhole } from '../../src/app-adapter/direct-route/direct-loan.ts';
import type { HeldConnection, HeldRequest } from '../../src/app-adapter/held-loan.ts';
import type { RequestBorrower } from '../../src/app-adapter/loan.ts';
import type { RequestHead } from '../../src/app-adapter/head-parser.ts';
import { PullLoop } from '../../src/app-adapter/pull-loop.ts';
import { ThreadMemory } from '../../src/app-adapter/thread-memory.ts';
import { ring } from '../../src/shared/bell.ts';
import type { FromThread, ThreadStart } from '../../src/shared/messages.ts';
import { BAD_REQUEST } from '../../src/shared/replies.ts';
import { ASLEEP, AWAKE, runningIn, servedBy, takenBy, threadState } from '../../src/shared/memory/thread-line.ts';
import { AcceptorByHand, ANSWER, get, post, untilSo } from '../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

const libc = loadLibc();
const ODD = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';

interface Served {
  readonly loan: HeldRequest;
  readonly head: RequestHead;
  readonly body: Buffer | undefined;
}

interface Rig {
  readonly byHand: AcceptorByHand;
  readonly loop: PullLoop;
  readonly requests: Served[];
  readonly connections: HeldConnection[];
  readonly sent: FromThread[];
  readonly line: { running(): number; served(): number; taken(): number; state(): number };
  connect(): RawConnection;
  /** Rings, whatever its line says. */
  wake(): void;
}

const BORROWER: RequestBorrower = { clientGone() {}, revoked() {}, drain() {} };

const DIRECT = { writeTimeoutMs: 0, log: () => {}, isDraining: () => false };

/** Some turns of the event loop, which the pull loop is in too: what it would do, it has done. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

const reply = (loan: HeldRequest): void => sendWhole(loan, Buffer.from(ANSWER), true, DIRECT);

const start = async (
  t: { teardown(end: () => unknown): void },
  { concurrency = 1024, serve = ({ loan }: Served): void => reply(loan) } = {},
): Promise<Rig> => {
  const byHand = await AcceptorByHand.start(t);
  const { buffer, layout, acceptorBell: acceptorBellDescriptor, memory, options } = byHand;
  const thread = new ThreadMemory({
    buffer,
    layout,
    line: 1,
    acceptorBellDescriptor,
    options,
  } as Partial<ThreadStart> as ThreadStart);
  const requests: Served[] = [];
  const connections: HeldConnection[] = [];
  const sent: FromThread[] = [];
  const loop = new PullLoop({
    thread,
    buffer,
    concurrency,
    direct: DIRECT,
    send: (message) => sent.push(message),
    serveRequest: (loan, head, body) => {
      requests.push({ loan, head, body });
      serve({ loan, head, body });
    },
    serveConnection: (loan) => connections.push(loan),
  });
  const [readEnd, writeEnd] = libc.createPipe();
  byHand.acceptor.bells.add(1, writeEnd);
  t.teardown(() => {
    byHand.acceptor.bells.remove(1);
    // The loop, which owns the other end, hears that there is nobody to ring any more.
    libc.close(writeEnd);
    for (const { fd } of connections) libc.close(fd);
    byHand.acceptor.settle(1);
  });
  loop.start(readEnd);
  const line = {
    running: () => runningIn(memory, layout, 1),
    served: () => servedBy(memory, layout, 1),
    taken: () => takenBy(memory, layout, 1),
    state: () => threadState(memory, layout, 1),
  };
  return {
    byHand,
    loop,
    requests,
    connections,
    sent,
    line,
    connect: () => new RawConnection(byHand.port),
    wake: () => ring(writeEnd),
  };
};

test('sleeps when there is nothing, is rung, serves in order, sleeps again', async (t) => {
  const { requests, line, connect } = await start(t);
  await untilSo(() => line.state() === ASLEEP);
  const client = connect();
  for (const target of ['/1', '/2', '/3']) client.request(get(target));
  t.is((await client.response(3)).status, 200);
  await untilSo(() => line.state() === ASLEEP);
  t.deepEqual(
    requests.map(({ head }) => head.target),
    ['/1', '/2', '/3'],
  );
  t.deepEqual([line.running(), line.served(), line.taken()], [0, 3, 3]);
});

test('the body is a copy, of its whole length', async (t) => {
  const kept: Served[] = [];
  const { connect } = await start(t, {
    serve: (served) => {
      kept.push(served);
      reply(served.loan);
    },
  });
  const client = connect();
  for (const letter of ['a', 'b', 'c']) client.request(post('/', letter.repeat(3000)), 'POST');
  await client.response(3);
  t.deepEqual(
    kept.map(({ body }) => body?.toString()),
    ['a', 'b', 'c'].map((letter) => letter.repeat(3000)),
  );
  client.request(get());
  await client.response(4);
  t.is(kept[3]?.body, undefined);
});

test('the addresses are those of the connection', async (t) => {
  const { requests, connect } = await start(t);
  const client = connect();
  client.request(get());
  await client.response();
  t.like(requests[0]?.loan.connection.addresses, {
    remoteAddress: '127.0.0.1',
    remotePort: client.socket.localPort as number,
    remoteFamily: 'IPv4',
    localAddress: '127.0.0.1',
    localPort: client.socket.remotePort as number,
    encrypted: false,
  });
});

test('what one request leaves for the microtask queue runs before the next begins', async (t) => {
  const events: string[] = [];
  const { connect, byHand } = await start(t, {
    serve: ({ loan, head }) => {
      events.push(head.target);
      process.nextTick(() => events.push(`${head.target} tick`));
      void Promise.resolve().then(() => events.push(`${head.target} microtask`));
      reply(loan);
    },
  });
  const clients = ['/1', '/2', '/3'].map((target) => {
    const client = connect();
    client.request(get(target));
    return client;
  });
  for (const client of clients) await client.response();
  const targets = events.filter((event) => !event.includes(' '));
  t.deepEqual(
    events,
    targets.flatMap((target) => [target, `${target} tick`, `${target} microtask`]),
  );
  t.is(byHand.pending, 0);
});

test("no request is in another one's async context", async (t) => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const { connect } = await start(t, {
    concurrency: 1,
    serve: ({ loan, head }) => {
      seen.push(storage.getStore());
      storage.enterWith(head.target);
      // Ends from within its context, when others wait already: their pull is made here.
      setTimeout(() => reply(loan), 5);
    },
  });
  const clients = [1, 2, 3, 4].map((nth) => {
    const client = connect();
    client.request(get(`/${nth}`));
    client.request(get(`/${nth}/again`));
    return client;
  });
  for (const client of clients) await client.response(2);
  t.is(seen.length, 8);
  t.deepEqual(
    seen.filter((store) => store !== undefined),
    [],
  );
});

test('no more run than may; a full thread does not sleep, and goes on when one ends', async (t) => {
  const { requests, line, connect, byHand } = await start(t, { concurrency: 2, serve: () => {} });
  const clients = [1, 2, 3, 4].map(() => connect());
  for (const client of clients) client.request(get());
  await untilSo(() => requests.length === 2 && byHand.pending === 2);
  await turns();
  t.is(requests.length, 2);
  t.is(line.state(), AWAKE);
  t.is(byHand.acceptor.bells.countReady(), 0);
  reply((requests[0] as Served).loan);
  await untilSo(() => requests.length === 3);
  t.is(line.running(), 2);
  reply((requests[1] as Served).loan);
  await untilSo(() => requests.length === 4);
  for (const { loan } of requests.slice(2)) reply(loan);
  for (const client of clients) t.is((await client.response()).status, 200);
  await untilSo(() => line.state() === ASLEEP);
});

test('requests of lent connections count as running while they do, connections do not', async (t) => {
  const { byHand, connections, requests, line, connect } = await start(t, { concurrency: 1 });
  connect().request(ODD, 'POST');
  await untilSo(() => connections.length === 1);
  const [lent] = connections as [HeldConnection];
  t.is(line.running(), 0);
  const client = connect();
  client.request(get('/1'));
  await client.response();
  lent.requestBegan();
  t.is(line.running(), 1);
  client.request(get('/2'));
  await untilSo(() => byHand.pending === 1);
  await turns();
  t.is(requests.length, 1);
  lent.requestEnded();
  await client.response(2);
  t.is(line.running(), 0);
  lent.requestBegan();
  lent.close();
  t.is(line.running(), 0, 'a loan that ends takes its requests with it');
  client.request(get('/3'));
  await client.response(3);
});

test('connections that wait for their client fill a thread at 1,024, those that were upgraded never', async (t) => {
  const { byHand, connections, requests, line, connect } = await start(t);
  const most = 1024;
  const clients = Array.from({ length: most }, () => connect());
  for (const client of clients) client.request(ODD, 'POST');
  await untilSo(() => connections.length === most);
  const late = connect();
  late.request(get());
  await untilSo(() => byHand.pending === 1);
  await turns();
  t.is(requests.length, 0);
  t.is(line.state(), AWAKE);
  // One that begins makes room, though nothing has ended; as an upgrade it then stays for good.
  for (const lent of connections) {
    lent.requestBegan();
    lent.requestEnded();
  }
  t.is((await late.response()).status, 200);
  connect().request(ODD, 'POST');
  await untilSo(() => connections.length === most + 1);
  for (const client of clients) client.socket.destroy();
});

test('a method that the thread does not know gets 400 and a close: nobody can tell where the next request begins', async (t) => {
  const { requests, connect } = await start(t);
  const client = connect();
  client.request(get().replace('GET', 'FROB'));
  client.request(get('/behind'));
  const response = await client.response();
  t.is(response.head + response.body.toString(), BAD_REQUEST.text);
  await client.closed();
  t.deepEqual(requests, []);
});

test('requests of one connection share what the thread knows of it; the next connection in its slot has its own', async (t) => {
  const { requests, connect, byHand } = await start(t);
  const first = connect();
  first.request(get());
  await first.response();
  first.request(get());
  await first.response();
  first.socket.destroy();
  await byHand.open(0);
  const second = connect();
  second.request(get());
  await second.response();
  const [one, two, three] = requests.map(({ loan }) => loan);
  t.is(two?.connection, one?.connection);
  t.is(three?.slot, one?.slot);
  t.not(three?.connection, one?.connection);
  t.is(three?.connection.addresses.remotePort, second.socket.localPort as number);
});

test('a client that half-closed while it waited: the handler answers first, and is told a turn later', async (t) => {
  const told: string[] = [];
  const { loop, connect, requests, byHand } = await start(t, {
    concurrency: 1,
    serve: ({ loan, head }) => {
      loan.borrower = { ...BORROWER, clientGone: (how) => told.push(`${head.target} ${how}`) };
      // In this turn, as most handlers do, though not at once.
      if (head.target === '/sync') queueMicrotask(() => reply(loan));
    },
  });
  const first = connect();
  first.request(get('/first'));
  await untilSo(() => requests.length === 1);
  const clients: RawConnection[] = [];
  for (const target of ['/sync', '/async']) {
    const client = connect();
    client.request(get(target));
    client.socket.end();
    clients.push(client);
  }
  await untilSo(() => byHand.pending === 2);
  let ended = 0;
  await untilSo(() => {
    ended = 0;
    byHand.acceptor.connections.table.forEach(({ hasEnded }) => (ended += hasEnded ? 1 : 0));
    return ended === 2;
  });
  t.deepEqual(byHand.told, [], 'nobody had them');
  reply((requests[0] as Served).loan);
  await untilSo(() => told.length === 1);
  t.deepEqual(told, ['/async end']);
  t.is((await (clients[0] as RawConnection).response()).status, 200);
  const { loan } = requests[2] as Served;
  t.is(loop.loans.find(loan.slot, loan.generation), loan);
  t.is(loop.loans.find(loan.slot, loan.generation + 1), undefined);
  reply(loan);
  t.is(loop.loans.find(loan.slot, loan.generation), undefined);
});

test('a newer loan of a connection ends the older one of the same thread, whose late answer goes nowhere', async (t) => {
  const { requests, connect, byHand, wake } = await start(t, { serve: () => {} });
  const client = connect();
  client.request(get('/hung'));
  await untilSo(() => requests.length === 1);
  let lost = 0;
  const [{ loan: older }] = requests as [Served];
  older.borrower = { ...BORROWER, revoked: () => (lost += 1) };
  // The acceptor answers for it: as if the thread had died, and lived on all the same.
  byHand.acceptor.settle(1);
  t.is((await client.response()).status, 503);
  client.request(get('/next'));
  await untilSo(() => byHand.pending === 1);
  wake();
  await untilSo(() => requests.length === 2);
  t.is(lost, 1);
  t.true(older.isOver);
  t.false(older.beginReply());
  const [, { loan: newer }] = requests as [Served, Served];
  t.is(newer.slot, older.slot);
  reply(newer);
  t.is((await client.response(2)).status, 200);
  t.is(client.responses.length, 2);
});

test('a duplicate finds the loan that asked for it, also when that is over by then', async (t) => {
  const { requests, loop, connect, sent } = await start(t, { serve: () => {} });
  const clients = [connect(), connect()];
  for (const client of clients) client.request(get());
  await untilSo(() => requests.length === 2);
  const [one, other] = requests.map(({ loan }) => loan) as [HeldRequest, HeldRequest];
  for (const loan of [one, other]) loan.beginReply();
  const [first, second] = [one.requestDuplicate(), other.requestDuplicate()];
  t.deepEqual(
    sent.map(({ type }) => type),
    ['need-duplicate', 'need-duplicate'],
  );
  loop.loans.giveDuplicate(other.slot, other.generation, 71);
  t.is(await second, 71);
  one.end(false);
  loop.loans.giveDuplicate(one.slot, one.generation, 72);
  t.is(await first, 72, 'else nobody would close it');
  t.notThrows(() => loop.loans.giveDuplicate(one.slot, one.generation, 73));
  other.end(false);
});
