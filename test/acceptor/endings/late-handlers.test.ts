/** Handlers that take too long, at each moment of a loan. Their threads are played by hand; the rest is real. */
import test from 'ava';
import { HANDLER_TIMEOUT } from '../../../src/shared/replies.ts';
import { wordCell } from '../../../src/shared/memory/layout.ts';
import { runningIn } from '../../../src/shared/memory/thread-line.ts';
import { IDLE, LENT, REVOKED, RUNNING, stageOf } from '../../../src/shared/memory/words.ts';
import { nowMs } from '../../../src/shared/clock.ts';
import { AcceptorByHand, answer, get, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const LIMIT_MS = 60;
const OPTIONS = { handlerTimeoutMs: LIMIT_MS };
const ODD = 'POST /odd?a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

test('the late thread has lost the loan, writes nothing and is told; the connection serves the next', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/late?a=b'));
  const { loan } = await thread.nextRequest();
  const { slot, generation } = loan;
  t.is(runningIn(byHand.memory, byHand.layout, 1), 1);
  const response = await client.response();
  t.is(response.head + response.body.toString(), HANDLER_TIMEOUT.text);
  t.is(runningIn(byHand.memory, byHand.layout, 1), 0);
  t.deepEqual(byHand.told, [{ line: 1, message: { type: 'revoked', slot, generation } }]);
  t.is(byHand.counters.refused.handlerTimeout, 1);
  await untilSo(() => stageOf(byHand.word(byHand.connection)) === IDLE);
  // Before the message reaches it.
  client.request(get('/next'));
  const next = await thread.nextRequest();
  t.is(next.loan.slot, slot);
  t.false(loan.beginReply());
  t.true(loan.isLost);
  t.is(runningIn(byHand.memory, byHand.layout, 1), 1, 'counted down once');
  loan.end(true);
  t.is(stageOf(byHand.word(byHand.connection)), RUNNING);
  answer(next);
  t.is((await client.response(2)).status, 200);
  t.is(client.responses.length, 2);
  const [late] = byHand.late;
  t.like(late, { line: 1, method: 'GET', path: '/late', outcome: '504' });
  t.true(late !== undefined && late.ranMs >= LIMIT_MS - 1);
});

test('a loan that ends late is lost at its end', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const { loan } = await thread.nextRequest();
  await client.response();
  loan.end(true);
  t.true(loan.isLost);
  t.is(runningIn(byHand.memory, byHand.layout, 1), 0);
});

test('waiting is not running: the time begins when a thread takes the request', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const [running, waiting] = [new RawConnection(byHand.port), new RawConnection(byHand.port)];
  running.request(get('/running'));
  await untilSo(() => byHand.pending === 1);
  waiting.request(get('/waiting'));
  await untilSo(() => byHand.pending === 2);
  await thread.nextRequest();
  // It has begun after the other one came: that one has waited for longer than this has run.
  t.is((await running.response()).status, 504);
  t.is(waiting.responses.length, 0);
  answer(await thread.nextRequest());
  t.is((await waiting.response()).status, 200);
  t.deepEqual(
    byHand.late.map(({ path }) => path),
    ['/running'],
  );
});

test('what is claimed and not yet copied is not late: its entry is still held', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  await untilSo(() => byHand.pending === 1);
  t.truthy(thread.claimOnly());
  const later = new RawConnection(byHand.port);
  later.request(get('/later'));
  await byHand.addThread().nextRequest();
  t.is((await later.response()).status, 504);
  t.deepEqual(
    byHand.late.map(({ path }) => path),
    ['/later'],
  );
  t.deepEqual(thread.die(), { replied: 1, cut: 0 });
  t.is((await client.response()).status, 503);
});

/** Runs `act` when the 504 is written and not yet flushed. */
const whileRevoked = (byHand: AcceptorByHand, act: () => void): Promise<void> =>
  new Promise((resolve) => {
    // Node tells of a write that was done at once in a tick of its own, which is queued behind this one.
    byHand.whenLate = () =>
      process.nextTick(() => {
        if (stageOf(byHand.word(byHand.connection)) !== REVOKED) throw new Error('It is flushed');
        act();
        resolve();
      });
  });

test('a thread that dies while its 504 is on the way: nobody is answered twice', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  await thread.nextRequest();
  await whileRevoked(byHand, () => t.deepEqual(thread.die(), { replied: 0, cut: 0 }));
  t.is((await client.response()).status, 504);
  client.request(get());
  answer(await byHand.addThread().nextRequest());
  t.is((await client.response(2)).status, 200);
  t.is(client.responses.length, 2);
});

test('a client that is gone while its 504 is on the way is forgotten', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  await thread.nextRequest();
  await whileRevoked(byHand, () => void byHand.connection.socket.destroy());
  await byHand.open(0);
  t.is(byHand.acceptor.connections.table.size, 0);
});

test('a half-closed client gets its 504, then the connection ends', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  await thread.nextRequest();
  client.socket.end();
  t.is((await client.response()).status, 504);
  await client.closed();
  await byHand.open(0);
});

test('the lent connections of a thread that is held: 504 where a request had begun, and the log names the newest', async (t) => {
  const byHand = await AcceptorByHand.start(t, { handlerTimeoutMs: 60_000 });
  const thread = byHand.addThread();
  const [began, waits, replies] = [1, 2, 3].map(() => new RawConnection(byHand.port));
  if (!began || !waits || !replies) throw new Error('There are three');
  waits.request(ODD, 'POST');
  const waiting = await thread.nextConnection();
  replies.request(ODD, 'POST');
  const replying = await thread.nextConnection();
  replying.loan.requestBegan();
  replying.loan.beginReply();
  // The cells hold whole milliseconds.
  const since = nowMs();
  await untilSo(() => nowMs() - since > 1);
  began.request(ODD.replace('/odd', '/began'), 'POST');
  const { loan } = await thread.nextConnection();
  loan.requestBegan();
  const { path } = byHand.acceptor.lateHandlers.endLent(1, nowMs() + 5);
  t.is(path, '/began');
  const response = await began.response();
  t.is(response.head + response.body.toString(), HANDLER_TIMEOUT.closeBytes.toString());
  await began.closed();
  await replies.closed();
  t.is(replies.responses.length, 0);
  t.false(loan.beginReply());
  t.deepEqual(byHand.late.map(({ outcome }) => outcome).sort(), ['504', 'cut']);
  t.is(byHand.acceptor.lateHandlers.abandonedBy(1), 2);
  // Of the third nobody knows whether a request has come: its thread's death settles it.
  t.is(stageOf(byHand.memory.load(wordCell(byHand.layout, waiting.loan.slot))), LENT);
  thread.die();
  t.is((await waits.response()).status, 503);
  await byHand.open(0);
  t.is(byHand.acceptor.lateHandlers.abandonedBy(1), 0);
});

test('a thread with more than 100 is worn out, and said to be so with each one more', async (t) => {
  const byHand = await AcceptorByHand.start(t, OPTIONS);
  const request = { line: 2, method: 'GET', path: '/', ranMs: 61, outcome: '504' } as const;
  for (let nth = 1; nth <= 100; nth += 1) byHand.acceptor.lateHandlers.noteLent(request);
  t.deepEqual(byHand.wornOut, []);
  byHand.acceptor.lateHandlers.noteLent(request);
  byHand.acceptor.lateHandlers.noteLent({ ...request, outcome: 'cut' });
  t.deepEqual(byHand.wornOut, [2, 2]);
  t.is(byHand.late.length, 102);
  t.is(byHand.counters.refused.handlerTimeout, 101, 'a cut is no reply');
  byHand.acceptor.lateHandlers.forget(2);
  byHand.acceptor.lateHandlers.noteLent(request);
  t.deepEqual(byHand.wornOut, [2, 2]);
});
