/** What a thread may do with a loan, each right asked of the word. The acceptor and its client are real. */
import test from 'ava';
import { readSync } from 'node:fs';
import type { RequestBorrower } from '../../src/app-adapter/loan.ts';
import { msSince, nowMs } from '../../src/shared/clock.ts';
import { FINISHED_AT, wordCell } from '../../src/shared/memory/layout.ts';
import {
  CLOSING,
  hasMore,
  IDLE,
  LENT,
  LENT_REPLYING,
  makeWord,
  REPLYING,
  REVOKED,
  RUNNING,
  stageOf,
} from '../../src/shared/memory/words.ts';
import {
  AcceptorByHand,
  ANSWER,
  get,
  type HandThread,
  type TakenConnection,
  type TakenRequest,
  untilSo,
} from '../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

interface Rig {
  readonly byHand: AcceptorByHand;
  readonly thread: HandThread;
  readonly client: RawConnection;
}

const ODD = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';

const lendRequest = async (
  t: Parameters<typeof AcceptorByHand.start>[0],
): Promise<Rig & { taken: TakenRequest; stage: () => number }> => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get());
  const taken = await thread.nextRequest();
  return { byHand, thread, client, taken, stage: () => stageOf(byHand.word(byHand.connection)) };
};

const lendConnection = async (
  t: Parameters<typeof AcceptorByHand.start>[0],
): Promise<Rig & { taken: TakenConnection; stage: () => number }> => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(ODD, 'POST');
  const taken = await thread.nextConnection();
  return { byHand, thread, client, taken, stage: () => stageOf(byHand.word(byHand.connection)) };
};

/** The acceptor takes the loan back, as it does for a thread that hangs. */
const BORROWER: RequestBorrower = { clientGone() {}, revoked() {}, drain() {} };

const revoke = (t: { teardown(end: () => void): void }, byHand: AcceptorByHand): number => {
  const { connection, memory, layout } = byHand;
  const revoked = makeWord(REVOKED, 0, connection.loanIndex);
  memory.store(wordCell(layout, connection.slot), revoked);
  t.teardown(() => byHand.acceptor.connections.disown(connection));
  return revoked;
};

test('a request loan goes from running to replying and back for a 1xx, and ends idle', async (t) => {
  const { thread, client, taken, stage } = await lendRequest(t);
  const { loan } = taken;
  t.is(stage(), RUNNING);
  t.true(loan.beginReply());
  t.true(loan.beginReply(), 'asked again');
  t.is(stage(), REPLYING);
  loan.write(Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'));
  loan.endInformational();
  t.is(stage(), RUNNING);
  t.true(loan.beginReply());
  t.is(loan.write(Buffer.from(ANSWER)), ANSWER.length);
  loan.end(true);
  t.is(stage(), IDLE);
  t.true(loan.isOver);
  t.deepEqual(thread.ended, [loan]);
  t.is((await client.response()).status, 200);
});

test('the end says when it was, before the word is idle', async (t) => {
  const { byHand, taken } = await lendRequest(t);
  taken.loan.end(true);
  const at = byHand.memory.load(wordCell(byHand.layout, taken.loan.slot) + FINISHED_AT);
  const passed = msSince(at, nowMs());
  t.true(passed >= 0 && passed < 5000);
});

test('an end is one: whatever comes after it changes nothing and says nothing', async (t) => {
  const { byHand, thread, taken, stage } = await lendRequest(t);
  const { loan } = taken;
  let lost = 0;
  loan.borrower = { ...BORROWER, revoked: () => (lost += 1) };
  loan.end(true);
  const word = byHand.word(byHand.connection);
  loan.end(false);
  t.false(loan.beginReply());
  loan.endInformational();
  loan.lose();
  t.is(byHand.word(byHand.connection), word);
  t.is(stage(), IDLE);
  t.is(thread.ended.length, 1);
  t.is(lost, 0);
  t.is(await loan.requestDuplicate(), undefined);
});

test('an end that closes tells; one that keeps tells only whom it concerns', async (t) => {
  for (const [keepAlive, more, tells] of [
    [true, false, false],
    [true, true, true],
    [false, false, true],
  ] as const) {
    const { byHand, thread, client, taken } = await lendRequest(t);
    const letters: number[] = [];
    thread.thread.writeLetter = (slot) => void letters.push(slot);
    if (more) {
      client.request(get('/2'));
      await untilSo(() => hasMore(byHand.word(byHand.connection)));
    }
    taken.loan.end(keepAlive);
    t.deepEqual(letters, tells ? [taken.loan.slot] : [], `${keepAlive} ${more}`);
    t.is(stageOf(byHand.word(byHand.connection)), keepAlive ? IDLE : CLOSING);
    t.false(hasMore(byHand.word(byHand.connection)));
  }
});

test('a loan that was taken back: the next right is refused, told once, and nothing is changed', async (t) => {
  const { byHand, thread, taken } = await lendRequest(t);
  const { loan } = taken;
  let lost = 0;
  loan.borrower = { ...BORROWER, revoked: () => (lost += 1) };
  const word = revoke(t, byHand);
  t.false(loan.beginReply());
  t.is(lost, 1);
  t.true(loan.isOver);
  t.false(loan.beginReply());
  loan.end(true);
  t.is(byHand.word(byHand.connection), word);
  t.is(lost, 1);
  t.deepEqual(thread.ended, [loan]);
});

test('a loan that was taken back and ends just then leaves the word alone and writes no letter', async (t) => {
  const { byHand, thread, taken } = await lendRequest(t);
  const letters: number[] = [];
  thread.thread.writeLetter = (slot) => void letters.push(slot);
  const word = revoke(t, byHand);
  taken.loan.end(false);
  t.is(byHand.word(byHand.connection), word);
  t.deepEqual(letters, []);
  t.deepEqual(thread.ended, [taken.loan]);
});

test('a full kernel takes less, then nothing, and is no error; a client that is gone is one', async (t) => {
  const { client, taken } = await lendRequest(t);
  const { loan } = taken;
  client.socket.pause();
  loan.beginReply();
  const piece = Buffer.alloc(1_000_000, 'x');
  let written = 0;
  let count;
  do {
    count = loan.write(piece);
    written += count;
  } while (count > 0 && written < 100_000_000);
  t.is(count, 0);
  await client.leave('reset');
  const error = t.throws(() => {
    for (let turn = 0; turn < 1000; turn += 1) loan.write(piece);
  });
  t.true(['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''));
});

test('a duplicate is asked for and comes, or none can be had', async (t) => {
  const { thread, taken } = await lendRequest(t);
  const { loan } = taken;
  loan.beginReply();
  const first = loan.requestDuplicate();
  t.deepEqual(thread.sent, [{ type: 'need-duplicate', slot: loan.slot, generation: loan.generation }]);
  loan.giveDuplicate(77);
  t.is(await first, 77);
  const second = loan.requestDuplicate();
  loan.giveDuplicate(-1);
  t.is(await second, undefined);
  t.notThrows(() => loan.giveDuplicate(78), 'nobody waits');
});

test('closeIfIdle is asked for by slot and generation', async (t) => {
  const { thread, taken } = await lendRequest(t);
  taken.loan.end(true);
  taken.loan.closeIfIdle();
  t.deepEqual(thread.sent, [{ type: 'close-if-idle', slot: taken.loan.slot, generation: taken.loan.generation }]);
});

test('a connection loan goes from lent to replying and back, and returns', async (t) => {
  const { thread, taken, stage } = await lendConnection(t);
  const { loan } = taken;
  t.is(stage(), LENT);
  t.is(loan.firstBytes.toString(), ODD);
  t.throws(() => readSync(loan.fd, Buffer.alloc(1)), { code: 'EAGAIN' });
  t.true(loan.beginReply());
  t.is(stage(), LENT_REPLYING);
  loan.endReply();
  t.is(stage(), LENT);
  loan.giveBack();
  t.is(stage(), IDLE);
  loan.close();
  t.is(stage(), IDLE);
  t.deepEqual(thread.ended, [loan]);
});

test('a connection loan counts its requests: each once, never below none, none after its end', async (t) => {
  const { thread, taken } = await lendConnection(t);
  const changes: number[] = [];
  let began = 0;
  thread.countRunning = (change?: number) => void changes.push(change ?? 0);
  thread.connectionBegan = () => void (began += 1);
  const { loan } = taken;
  loan.requestEnded();
  loan.requestBegan();
  loan.requestBegan();
  loan.requestEnded();
  t.is(loan.running, 1);
  loan.requestEnded();
  loan.requestEnded();
  t.deepEqual(changes, [1, 1, -1, -1]);
  t.is(began, 1);
  loan.close();
  loan.requestBegan();
  t.deepEqual(changes, [1, 1, -1, -1]);
});
