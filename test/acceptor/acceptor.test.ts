/** The way of a request through the acceptor, with threads played by hand. */
import test from 'ava';
import { HEADERS_TOO_LARGE, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, SERVER_BUSY } from '../../src/shared/replies.ts';
import { IDLE, RUNNING, stageOf, WAITING } from '../../src/shared/memory/words.ts';
import { AcceptorByHand, answer, get, post, untilSo } from '../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

test('requests of one connection are lent one after the other, on one descriptor', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  for (const target of ['/1', '/2', '/3']) client.request(get(target));
  const slots = new Set<number>();
  for (const target of ['/1', '/2', '/3']) {
    const taken = await thread.nextRequest();
    t.is(taken.text, get(target));
    t.is(byHand.pending, 0);
    t.is(stageOf(byHand.word(byHand.connection)), RUNNING);
    t.is(thread.take(), undefined, 'the next one waits for its turn');
    slots.add(taken.loan.slot);
    answer(taken);
  }
  t.is(slots.size, 1);
  t.is((await client.response(3)).status, 200);
  await client.leave('close');
  await byHand.open(0);
});

test('a body is waited for, and lent with its head; leading line ends are dropped', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  const request = post('/body', 'x'.repeat(5000));
  client.request(`\r\n\r\n${request.slice(0, 1000)}`, 'POST');
  await byHand.open(1);
  client.send(request.slice(1000) + get('/next'));
  const taken = await thread.nextRequest();
  t.is(taken.text, request);
  answer(taken);
  t.is((await client.response()).status, 200);
  t.is((await thread.nextRequest()).text, get('/next'));
});

/** Sizes around what is read at once (64 KiB) and kept while a request runs. */
for (const bodyBytes of [60_000, 65_000, 65_536]) {
  test(`a body of ${bodyBytes} bytes behind a request that runs is read to its end`, async (t) => {
    const byHand = await AcceptorByHand.start(t);
    const thread = byHand.addThread();
    const client = new RawConnection(byHand.port);
    client.request(get('/first'));
    const first = await thread.nextRequest();
    const request = post('/second', 'x'.repeat(bodyBytes));
    client.request(request.slice(0, 65_600), 'POST');
    await untilRead(byHand, Math.min(request.length, 65_536));
    client.send(request.slice(65_600));
    answer(first);
    const second = await thread.nextRequest();
    t.is(second.text.length, request.length);
    t.true(second.text === request);
  });
}

/** Until the acceptor keeps so many bytes of the connection. */
const untilRead = (byHand: AcceptorByHand, bytes: number): Promise<void> =>
  untilSo(() => (byHand.connection.buffer?.length ?? 0) >= bytes);

test('while a request runs the next ones are kept, 64 KiB and a read at most; then the kernel keeps them', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  const one = get(`/${'x'.repeat(1000)}`);
  const count = 400;
  for (let nth = 0; nth < count; nth += 1) client.request(one);
  for (let nth = 0; nth < count; nth += 1) {
    const taken = await thread.nextRequest();
    if (taken.text !== one) t.fail(`request ${nth}`);
    if ((byHand.connection.buffer?.length ?? 0) >= 128 * 1024) t.fail('too much is kept');
    answer(taken);
  }
  t.is((await client.response(count)).status, 200);
});

test('what is not simple is lent as a connection, with its bytes and what the acceptor read behind them', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  const odd = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
  client.request(get('/first'));
  client.request(odd, 'POST');
  answer(await thread.nextRequest());
  const lent = await thread.nextConnection();
  t.is(lent.text, odd);
  t.is(byHand.connection.phase, 'lent');
  lent.loan.beginReply();
  lent.loan.endReply();
  lent.loan.giveBack();
  client.request(get('/third'));
  t.is((await thread.nextRequest()).text, get('/third'));
});

const refuses = test.macro({
  title: (title = '') => title,
  async exec(
    t,
    bytes: string,
    method: string,
    reply: { readonly status: number; readonly text: string },
    counter: 'headTooLarge' | 'bodyTooLarge',
  ) {
    const byHand = await AcceptorByHand.start(t, { maxHeaderBytes: 1000, maxBodyBytes: 2000 });
    const client = new RawConnection(byHand.port);
    client.request(bytes, method);
    const response = await client.response();
    t.is(
      response.head + response.body.toString(),
      method === 'HEAD' ? reply.text.slice(0, reply.text.indexOf('\r\n\r\n') + 4) : reply.text,
    );
    await client.closed();
    await byHand.open(0);
    t.is(byHand.counters.refused[counter], 1);
    t.is(byHand.pending, 0);
  },
});

test(
  'a head that is too large gets 431',
  refuses,
  get('/', `X: ${'x'.repeat(1000)}\r\n`),
  'GET',
  HEADERS_TOO_LARGE,
  'headTooLarge',
);
test('endless empty lines too', refuses, '\r\n'.repeat(600), 'GET', HEADERS_TOO_LARGE, 'headTooLarge');
test(
  'to HEAD without a body',
  refuses,
  get('/', `X: ${'x'.repeat(1000)}\r\n`).replace('GET', 'HEAD'),
  'HEAD',
  HEADERS_TOO_LARGE,
  'headTooLarge',
);
test(
  'a body that will be too large gets 413 before it comes',
  refuses,
  'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2001\r\n\r\n',
  'POST',
  PAYLOAD_TOO_LARGE,
  'bodyTooLarge',
);

test('our last answer arrives though the client sends on and on', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxBodyBytes: 2000 });
  const client = new RawConnection(byHand.port);
  client.request('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\n', 'POST');
  for (let sent = 0; sent < 9_000_000; sent += 100_000) client.send(Buffer.alloc(100_000, 'x'));
  const response = await client.response();
  t.is(response.status, 413);
  await client.closed();
  t.is(client.error, undefined);
  await byHand.open(0);
});

test('refused at once when as many wait as may; a waiting request keeps its turn', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxPending: 1 });
  const first = new RawConnection(byHand.port);
  first.request(get('/first'));
  await untilSo(() => byHand.pending === 1);
  const second = new RawConnection(byHand.port);
  second.request(get('/second'));
  const response = await second.response();
  t.is(response.head + response.body.toString(), SERVER_BUSY.text);
  await second.closed();
  t.is(byHand.counters.rejected.maxPending, 1);
  t.is(byHand.pending, 1);
  const taken = await byHand.addThread().nextRequest();
  t.is(taken.text, get('/first'));
  t.is(byHand.pending, 0);
});

test('maxPending 0 serves what a thread is ready for', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxPending: 0 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/taken'));
  const taken = await thread.nextRequest();
  const refused = new RawConnection(byHand.port);
  refused.request(get('/refused'));
  t.is((await refused.response()).status, 503);
  answer(taken);
  t.is((await client.response()).status, 200);
  thread.sleep();
  client.request(get('/again'));
  t.is((await thread.nextRequest()).text, get('/again'));
});

test('who waits longer than maxWaitMs gets 503, what a thread has taken does not', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxWaitMs: 100 });
  const thread = byHand.addThread();
  const served = new RawConnection(byHand.port);
  served.request(get('/served'));
  const taken = await thread.nextRequest();
  const late = new RawConnection(byHand.port);
  const begin = performance.now();
  late.request(get('/late'));
  const response = await late.response();
  t.is(response.head + response.body.toString(), SERVER_BUSY.text);
  t.true(performance.now() - begin >= 99);
  t.is(byHand.pending, 0);
  t.is(byHand.counters.rejected.maxWait, 1);
  t.is(thread.take(), undefined, 'nobody runs it');
  answer(taken);
  t.is((await served.response()).status, 200);
});

test('a connection is closed keepAliveTimeoutMs and a second after its answer, without a word', async (t) => {
  const byHand = await AcceptorByHand.start(t, { keepAliveTimeoutMs: 100 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const taken = await thread.nextRequest();
  const begin = performance.now();
  answer(taken);
  await client.response();
  t.is(stageOf(byHand.word(byHand.connection)), IDLE);
  await client.closed();
  const passed = performance.now() - begin;
  t.true(passed >= 1099 && passed < 2500, `${passed} ms`);
  t.is(client.responses.length, 1);
  await byHand.open(0);
});

test('an idle connection gives its second descriptor back after a second, and gets one again', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const taken = await thread.nextRequest();
  const begin = performance.now();
  answer(taken);
  await client.response();
  const { connection } = byHand;
  t.not(connection.writeDescriptor, -1);
  await untilSo(() => connection.writeDescriptor === -1);
  const passed = performance.now() - begin;
  t.true(passed >= 999 && passed < 2500, `${passed} ms`);
  client.request(get('/2'));
  answer(await thread.nextRequest());
  t.is((await client.response(2)).status, 200);
});

test('a fresh silent connection is closed after readTimeoutMs without a word', async (t) => {
  const byHand = await AcceptorByHand.start(t, { readTimeoutMs: 100 });
  const client = new RawConnection(byHand.port);
  const begin = performance.now();
  await client.closed();
  t.true(performance.now() - begin >= 99);
  t.is(client.bytesReceived, 0);
  await byHand.open(0);
});

test('a pause in a request of readTimeoutMs gets 408', async (t) => {
  const byHand = await AcceptorByHand.start(t, { readTimeoutMs: 100 });
  const client = new RawConnection(byHand.port);
  client.request(get().slice(0, 20));
  const response = await client.response();
  t.is(response.head + response.body.toString(), REQUEST_TIMEOUT.text);
  await client.closed();
  t.is(byHand.counters.refused.readTimeout, 1);
});

test('a request that takes maxRequestReadMs gets 408 though bytes come; the next one has its own time', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxRequestReadMs: 300, readTimeoutMs: 250 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/first'));
  answer(await thread.nextRequest());
  await client.response();
  client.request('GET /slow');
  const begin = performance.now();
  const drip = setInterval(() => client.send('x'), 20);
  t.teardown(() => clearInterval(drip));
  t.is((await client.response(2)).status, 408);
  const passed = performance.now() - begin;
  t.true(passed >= 295 && passed < 1500, `${passed} ms`);
});

test('waiting requests stay in WAITING until a thread takes them', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const client = new RawConnection(byHand.port);
  client.request(get());
  await untilSo(() => byHand.pending === 1);
  t.is(stageOf(byHand.word(byHand.connection)), WAITING);
});

test('draining: connections between requests are closed after the time given, a request meanwhile is lent', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const [idle, fresh, late] = [1, 2, 3].map(() => new RawConnection(byHand.port)) as [
    RawConnection,
    RawConnection,
    RawConnection,
  ];
  await byHand.open(3);
  idle.request(get('/idle'));
  answer(await thread.nextRequest());
  await idle.response();
  byHand.acceptor.drain(200);
  t.true(thread.thread.isDraining);
  const begin = performance.now();
  late.request(get('/late'));
  const taken = await thread.nextRequest();
  await Promise.all([idle.closed(), fresh.closed()]);
  t.true(performance.now() - begin >= 195);
  answer(taken, false, 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok');
  t.is((await late.response()).status, 200);
  await late.closed();
  await byHand.open(0);
});

test('the end of a drain: what waits gets 503, what runs and what is read is cut, and both are counted', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const [waiting, running, reading, idle] = [1, 2, 3, 4].map(() => new RawConnection(byHand.port)) as [
    RawConnection,
    RawConnection,
    RawConnection,
    RawConnection,
  ];
  await byHand.open(4);
  idle.request(get('/idle'));
  answer(await thread.nextRequest());
  await idle.response();
  running.request(get('/running'));
  const taken = await thread.nextRequest();
  waiting.request(get('/waiting'));
  reading.request(get('/reading').slice(0, 10));
  await untilSo(() => byHand.pending === 1);
  await untilSo(() => {
    let isReading = false;
    byHand.acceptor.connections.table.forEach(({ phase }) => (isReading ||= phase === 'reading'));
    return isReading;
  });
  t.deepEqual(byHand.acceptor.cutAll(), { replied: 1, cut: 2 });
  t.is((await waiting.response()).status, 503);
  t.is(byHand.counters.rejected.drain, 1);
  // Also the one whose thread still has it, and does nothing.
  await Promise.all([waiting, reading, idle, running].map((client) => client.closed()));
  t.is(byHand.pending, 0);
  // The thread of the one that ran hears of it, and its loan ends as any other.
  t.like(await byHand.toldOf('client-gone'), { how: 'reset', line: 1, slot: taken.loan.slot });
  taken.loan.end(false);
  await byHand.open(0);
});
