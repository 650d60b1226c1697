/** Threads that die, at each moment of a loan. Their threads are played by hand; the rest is real. */
import { closeSync, fstatSync, writeSync } from 'node:fs';
import test from 'ava';
import { BAD_REQUEST, THREAD_FAILED } from '../../../src/shared/replies.ts';
import { ABSENT, runningIn, threadState } from '../../../src/shared/memory/thread-line.ts';
import { IDLE, ownerOf, stageOf } from '../../../src/shared/memory/words.ts';
import { AcceptorByHand, answer, get, post, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const ODD = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

test('a request that ran gets 503 in its place; the connection lives on, what is pipelined is served', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/dies'));
  client.request(get('/behind'));
  await thread.nextRequest();
  t.deepEqual(thread.die(), { replied: 1, cut: 0 });
  t.is(byHand.counters.refused.threadFailed, 1);
  const response = await client.response();
  t.is(response.head + response.body.toString(), THREAD_FAILED.text);
  const next = byHand.addThread();
  const taken = await next.nextRequest();
  t.is(taken.text, get('/behind'));
  answer(taken);
  t.is((await client.response(2)).status, 200);
  client.request(get('/later'));
  answer(await next.nextRequest());
  t.is((await client.response(3)).status, 200);
});

test('without a body for HEAD, and with a close for a client that asked for it', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const [head, close] = [new RawConnection(byHand.port), new RawConnection(byHand.port)];
  head.request(get().replace('GET', 'HEAD'), 'HEAD');
  await thread.nextRequest();
  close.request(get('/', 'Connection: close\r\n'));
  await thread.nextRequest();
  t.deepEqual(thread.die(), { replied: 2, cut: 0 });
  const toHead = await head.response();
  t.is(toHead.status, 503);
  t.is(toHead.headers.get('connection'), undefined);
  const toClose = await close.response();
  t.is(toClose.status, 503);
  t.is(toClose.headers.get('connection'), 'close');
  await close.closed();
  await byHand.open(1);
});

test('a request that was claimed and not yet copied is settled like one that ran, and its place is free', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  await untilSo(() => byHand.pending === 1);
  t.truthy(thread.claimOnly());
  t.deepEqual(thread.die(), { replied: 1, cut: 0 });
  t.is((await client.response()).status, 503);
  // Once round the ring, and through that place again.
  const next = byHand.addThread();
  for (let nth = 0; nth <= byHand.layout.ringSize; nth += 1) {
    client.request(get(`/${nth}`));
    answer(await next.nextRequest());
  }
  t.is((await client.response(byHand.layout.ringSize + 2)).status, 200);
  t.is(byHand.pending, 0);
});

test('a reply that had begun is cut', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  loan.beginReply();
  loan.write(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
  t.deepEqual(thread.die(), { replied: 0, cut: 1 });
  await client.closed();
  t.is(client.responses.length, 0);
  await byHand.open(0);
});

test('a 1xx is no beginning: the answer is 503', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  loan.beginReply();
  loan.write(Buffer.from('HTTP/1.1 102 Processing\r\n\r\n'));
  loan.endInformational();
  t.deepEqual(thread.die(), { replied: 1, cut: 0 });
  t.is((await client.response()).status, 503);
  t.deepEqual(
    client.responses.map(({ status }) => status),
    [102, 503],
  );
});

test('a connection loan between replies gets 503 and is closed: nothing behind it is served', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(ODD, 'POST');
  await thread.nextConnection();
  t.deepEqual(thread.die(), { replied: 1, cut: 0 });
  client.send('0\r\n\r\n' + get('/smuggled'));
  const response = await client.response();
  t.is(response.status, 503);
  t.is(response.headers.get('connection'), 'close');
  await client.closed();
  await byHand.open(0);
  t.is(byHand.addThread().take(), undefined);
});

test('a connection loan whose thread says that HEAD is under way gets its 503 without a body', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  for (const [first, methods, bodyLength] of [
    ['GET', [true], 0],
    ['HEAD', [], 0],
    ['HEAD', [false], THREAD_FAILED.bytes.length - THREAD_FAILED.headBytes.length],
  ] as const) {
    const thread = byHand.addThread();
    const client = new RawConnection(byHand.port);
    const isHead = bodyLength === 0;
    client.request(ODD.replace('POST', first), isHead ? 'HEAD' : 'GET');
    const { loan } = await thread.nextConnection();
    for (const isNowHead of methods) loan.noteMethod(isNowHead);
    thread.die();
    const response = await client.response();
    t.is(response.status, 503);
    t.is(response.body.length, bodyLength);
    await client.closed();
    t.is(client.bytesReceived, response.head.length + bodyLength);
  }
});

test('a connection loan within a reply is cut', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(ODD, 'POST');
  const { loan } = await thread.nextConnection();
  loan.beginReply();
  writeSync(loan.fd, 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
  t.deepEqual(thread.die(), { replied: 0, cut: 1 });
  await client.closed();
  await byHand.open(0);
});

/** The thread dies after its last swap and before its letter: only the word tells. */
for (const [what, keepAlive, behind] of [
  ['an ended loan with a request behind it', true, true],
  ['an ended loan with nothing behind it', true, false],
  ['an ended loan that closes', false, false],
] as const) {
  test(`${what}: acted upon though no letter came`, async (t) => {
    const byHand = await AcceptorByHand.start(t);
    const thread = byHand.addThread();
    const client = new RawConnection(byHand.port);
    client.request(get('/1'));
    if (behind) client.request(get('/2'));
    const taken = await thread.nextRequest();
    // The letter and the ring are lost with the thread.
    thread.thread.writeLetter = () => {};
    answer(
      taken,
      keepAlive,
      keepAlive ? undefined : 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    );
    t.deepEqual(thread.die(), { replied: 0, cut: 0 });
    t.is((await client.response()).status, 200);
    if (!keepAlive) {
      await client.closed();
      await byHand.open(0);
      return;
    }
    if (!behind) client.request(get('/2'));
    answer(await byHand.addThread().nextRequest());
    t.is((await client.response(2)).status, 200);
  });
}

test('letters that were written are read, whatever else was lost', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  client.request(get('/2'));
  const taken = await thread.nextRequest();
  // It has the right to ring, and dies before it does.
  thread.thread.ringAcceptor();
  thread.thread.ringAcceptor = () => {};
  answer(taken);
  thread.die();
  const next = byHand.addThread();
  answer(await next.nextRequest());
  t.is((await client.response(2)).status, 200);
});

test('a client that left before the thread died leaves nothing behind', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const [request, connection] = [new RawConnection(byHand.port), new RawConnection(byHand.port)];
  request.request(get());
  await thread.nextRequest();
  await request.leave('reset');
  connection.request(ODD, 'POST');
  await thread.nextConnection();
  await connection.leave('reset');
  await untilSo(() => byHand.acceptor.connections.table.get(0)?.phase === 'gone');
  thread.die();
  await byHand.open(0);
  t.is(byHand.counters.refused.threadFailed, 1, 'of the lent connection the acceptor could not know');
});

test('a client that has sent its FIN gets its 503 and then the end', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  await thread.nextRequest();
  client.socket.end();
  await byHand.toldOf('client-gone');
  thread.die();
  t.is((await client.response()).status, 503);
  await client.closed();
  await byHand.open(0);
});

test('half a request behind the one that died is read to its end, or refused at its end', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  const second = post('/2', 'x'.repeat(100));
  client.request(get('/1'));
  client.request(second.slice(0, 80), 'POST');
  await thread.nextRequest();
  thread.die();
  t.is((await client.response()).status, 503);
  client.send(second.slice(80));
  const next = byHand.addThread();
  const taken = await next.nextRequest();
  t.is(taken.text, second);
  answer(taken);
  client.request(get('/3').slice(0, 9));
  await client.response(2);
  client.socket.end();
  t.is((await client.response(3)).status, BAD_REQUEST.status);
});

test('other threads keep their loans, what waits is served by them, pending stays exact', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const [one, other] = [byHand.addThread(), byHand.addThread()];
  const clients = Array.from({ length: 4 }, () => new RawConnection(byHand.port));
  for (const [nth, client] of clients.entries()) client.request(get(`/${nth}`));
  await untilSo(() => byHand.pending === 4);
  const dead = one.take();
  const alive = other.take();
  t.is(byHand.pending, 2);
  const ring = other.rung();
  one.die();
  await ring;
  other.wake();
  t.is(byHand.pending, 2);
  t.is(threadState(byHand.memory, byHand.layout, one.line), ABSENT);
  t.is(runningIn(byHand.memory, byHand.layout, one.line), 0);
  t.is(runningIn(byHand.memory, byHand.layout, other.line), 1);
  answer(alive as Parameters<typeof answer>[0]);
  answer(await other.nextRequest());
  answer(await other.nextRequest());
  const statuses = await Promise.all(clients.map(async (client) => (await client.response()).status));
  t.deepEqual(statuses.filter((status) => status === 503).length, 1);
  t.deepEqual(statuses.filter((status) => status === 200).length, 3);
  t.truthy(dead);
  t.is(byHand.pending, 0);
});

test('duplicates that it was given and had not adopted are closed', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  loan.beginReply();
  byHand.acceptor.loanEnds.duplicateFor(thread.line, loan.slot, loan.generation);
  const { descriptor } = await byHand.toldOf('duplicate');
  const { ino } = fstatSync(descriptor);
  thread.die();
  await client.closed();
  let now;
  try {
    now = fstatSync(descriptor).ino;
  } catch {
    // Closed.
  }
  t.not(now, ino);
});

test("an adopted duplicate's number, which names another file by now, is left alone", async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  loan.beginReply();
  byHand.acceptor.loanEnds.duplicateFor(thread.line, loan.slot, loan.generation);
  const { descriptor } = await byHand.toldOf('duplicate');
  // The thread's end closes it; another connection gets the number in the same turn.
  closeSync(descriptor);
  const others = [new RawConnection(byHand.port), new RawConnection(byHand.port)];
  const next = byHand.addThread();
  for (const other of others) {
    other.request(get('/other'));
    answer(await next.nextRequest());
    await other.response();
  }
  const { ino } = fstatSync(descriptor);
  thread.die();
  await client.closed();
  t.is(fstatSync(descriptor).ino, ino);
  for (const other of others) {
    other.request(get('/again'));
    answer(await next.nextRequest());
    t.is((await other.response(2)).status, 200);
  }
});

test('settled words have no owner; the line can be given out again', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  await thread.nextRequest();
  const { connection } = byHand;
  thread.die();
  await client.response();
  t.is(stageOf(byHand.word(connection)), IDLE);
  t.is(ownerOf(byHand.word(connection)), 0);
  t.deepEqual(byHand.acceptor.settle(thread.line), { replied: 0, cut: 0 });
});
