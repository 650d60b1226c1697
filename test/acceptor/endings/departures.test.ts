/** Clients that leave: by a FIN or a reset, at each moment of their request. */
import test from 'ava';
import { CLIENT_ENDED, wordCell } from '../../../src/shared/memory/layout.ts';
import { hasMore, RUNNING, stageOf, WAITING } from '../../../src/shared/memory/words.ts';
import { AcceptorByHand, ANSWER, answer, get, post, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const clientEnded = (byHand: AcceptorByHand, slot: number): number =>
  byHand.memory.load(wordCell(byHand.layout, slot) + CLIENT_ENDED);

for (const how of ['reset', 'fin', 'close'] as const) {
  test(`before any byte: ${how}`, async (t) => {
    const byHand = await AcceptorByHand.start(t);
    const client = new RawConnection(byHand.port);
    await byHand.open(1);
    await client.leave(how);
    await byHand.open(0);
    t.is(client.bytesReceived, 0);
  });

  test(`between two requests: ${how}`, async (t) => {
    const byHand = await AcceptorByHand.start(t);
    const client = new RawConnection(byHand.port);
    client.request(get());
    answer(await byHand.addThread().nextRequest());
    await client.response();
    const { bytesReceived } = client;
    await client.leave(how);
    await byHand.open(0);
    t.is(client.bytesReceived, bytesReceived);
  });
}

test('a FIN within a request gets 400', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const client = new RawConnection(byHand.port);
  client.request(get().slice(0, 10));
  await byHand.open(1);
  client.socket.end();
  t.is((await client.response()).status, 400);
  await client.closed();
  await byHand.open(0);
  t.is(byHand.counters.refused.badRequest, 1);
});

test('a reset within a request is a silent end', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const client = new RawConnection(byHand.port);
  client.request(get().slice(0, 10));
  await untilSo(() => byHand.acceptor.connections.table.size === 1 && byHand.connection.phase === 'reading');
  await client.leave('reset');
  await byHand.open(0);
  t.is(byHand.counters.refused.badRequest, 0);
});

test('a waiting request whose client has sent its FIN is served all the same; its thread can tell', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const client = new RawConnection(byHand.port);
  client.request(get());
  await untilSo(() => byHand.pending === 1);
  client.socket.end();
  const { connection } = byHand;
  await untilSo(() => connection.hasEnded);
  t.is(stageOf(byHand.word(connection)), WAITING);
  t.is(byHand.pending, 1);
  const taken = await byHand.addThread().nextRequest();
  t.is(clientEnded(byHand, connection.slot), 1);
  t.deepEqual(byHand.told, []);
  answer(taken);
  t.is((await client.response()).status, 200);
  await client.closed();
  await byHand.open(0);
  t.is(clientEnded(byHand, connection.slot), 0, 'the slot is as new');
});

test('so is one that waits for room', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  // As many as there are places for large ones, then one more.
  const body = 'x'.repeat(3000);
  const clients = Array.from({ length: 128 }, () => new RawConnection(byHand.port));
  for (const client of clients) client.request(post('/', body), 'POST');
  await untilSo(() => byHand.pending === 128);
  const last = new RawConnection(byHand.port);
  last.request(post('/last', body), 'POST');
  await untilSo(() => byHand.pending === 129);
  const { connection } = byHand;
  t.is(connection.phase, 'overflow');
  last.socket.end();
  await untilSo(() => connection.hasEnded);
  t.is(clientEnded(byHand, connection.slot), 1);
  const thread = byHand.addThread();
  for (let nth = 0; nth < 129; nth += 1) answer(await thread.nextRequest());
  t.is((await last.response()).status, 200);
  await last.closed();
});

test('a waiting request whose client resets is dropped at once', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const client = new RawConnection(byHand.port);
  client.request(get());
  await untilSo(() => byHand.pending === 1);
  await client.leave('reset');
  await byHand.open(0);
  t.is(byHand.pending, 0);
  t.is(byHand.addThread().take(), undefined);
});

test('the thread of a running request is told of the FIN; its answer still arrives', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const taken = await thread.nextRequest();
  client.socket.end();
  const { loan } = taken;
  t.deepEqual(await byHand.toldOf('client-gone'), {
    type: 'client-gone',
    line: thread.line,
    slot: loan.slot,
    generation: loan.generation,
    how: 'end',
  });
  t.is(clientEnded(byHand, loan.slot), 1);
  answer(taken);
  t.is((await client.response()).status, 200);
  await client.closed();
  await byHand.open(0);
});

test('a reset of a running request: its thread is told, and the slot is free when the loan has ended', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  const { connection } = byHand;
  await client.leave('reset');
  t.like(await byHand.toldOf('client-gone'), { slot: loan.slot, generation: loan.generation, how: 'reset' });
  t.is(connection.phase, 'gone');
  t.is(stageOf(byHand.word(connection)), RUNNING);
  t.true(hasMore(byHand.word(connection)), 'whoever ends the loan rings');
  t.not(connection.writeDescriptor, -1, 'a late write must not meet another connection');
  t.true(loan.beginReply());
  const error = t.throws(() => loan.write(Buffer.from(ANSWER)));
  t.true(['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''));
  loan.end(false);
  await byHand.open(0);
  t.is(connection.writeDescriptor, -1);
  t.is(clientEnded(byHand, loan.slot), 0);
});

test('a reset just when the loan ends without a ring leaves nothing behind', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const taken = await thread.nextRequest();
  answer(taken);
  await client.leave('reset');
  await byHand.open(0);
  t.deepEqual(byHand.told, []);
});

test('a reset just when the loan ends with a close leaves nothing behind, and its letter does no harm', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  byHand.connection.socket.destroy();
  // The word says closing before the acceptor has heard of either.
  loan.end(false);
  await byHand.open(0);
  const next = new RawConnection(byHand.port);
  next.request(get('/next'));
  const taken = await thread.nextRequest();
  t.is(taken.loan.slot, loan.slot);
  answer(taken);
  t.is((await next.response()).status, 200);
});

test('every whole request before a FIN is answered, the one cut off gets 400', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  for (const target of ['/1', '/2', '/3']) client.request(get(target));
  client.request('GET /4');
  client.socket.end();
  for (const target of ['/1', '/2', '/3']) {
    const taken = await thread.nextRequest();
    t.is(taken.text, get(target));
    answer(taken);
  }
  t.is((await client.response(3)).status, 200);
  t.is((await client.response(4)).status, 400);
  await client.closed();
  await byHand.open(0);
});

test('every whole request before a FIN is answered, and then the connection is closed', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  for (const target of ['/1', '/2']) client.request(get(target));
  client.socket.end();
  for (let nth = 0; nth < 2; nth += 1) answer(await thread.nextRequest());
  t.is((await client.response(2)).status, 200);
  await client.closed();
  t.is(client.responses.length, 2);
  await byHand.open(0);
});

test('a FIN during our last answer ends the waiting for it', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxPending: 0 });
  const client = new RawConnection(byHand.port);
  client.request(get());
  t.is((await client.response()).status, 503);
  const begin = performance.now();
  await client.closed();
  await byHand.open(0);
  t.true(performance.now() - begin < 1000);
});

test('a client that never closes after our last answer is closed all the same', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxPending: 0 });
  const client = new RawConnection(byHand.port);
  // Keeps its side open.
  client.socket.removeAllListeners('end');
  client.request(get());
  t.is((await client.response()).status, 503);
  const begin = performance.now();
  await byHand.open(0);
  const passed = performance.now() - begin;
  t.true(passed > 1000 && passed < 4000, `${passed} ms`);
  client.socket.destroy();
});
