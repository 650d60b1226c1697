import test from 'ava';
import { CLAIM_NUMBER, TAKEN, threadCell, wordCell } from '../../../src/shared/memory/layout.ts';
import { entrySlotOf, findRoom, mayHoldRequests, publish } from '../../../src/shared/memory/request-ring.ts';
import {
  ABSENT,
  addRunning,
  announceClaim,
  answerRing,
  ASLEEP,
  AWAKE,
  beat,
  beatEveryMs,
  countClaim,
  countServed,
  goToSleep,
  heldAfterMs,
  lastBeatOf,
  resetLine,
  RUNG,
  runningIn,
  servedBy,
  stayAwake,
  takenBy,
  threadState,
  tryRing,
  tryRingAcceptor,
  uncountedClaim,
  wakeUp,
} from '../../../src/shared/memory/thread-line.ts';
import { createShared, InterruptedMemory } from '../../helpers/shared-memory.ts';

test('only a sleeping thread is rung, and only once', (t) => {
  const { memory, layout } = createShared();
  t.is(threadState(memory, layout, 1), ABSENT);
  t.false(tryRing(memory, layout, 1));
  wakeUp(memory, layout, 1);
  t.false(tryRing(memory, layout, 1));
  t.is(threadState(memory, layout, 1), AWAKE);
  goToSleep(memory, layout, 1);
  t.is(threadState(memory, layout, 1), ASLEEP);
  t.true(tryRing(memory, layout, 1));
  t.is(threadState(memory, layout, 1), RUNG);
  t.false(tryRing(memory, layout, 1));
  wakeUp(memory, layout, 1);
  t.is(threadState(memory, layout, 1), AWAKE);
  t.is(threadState(memory, layout, 2), ABSENT, 'each line for itself');
});

test('a thread stays awake unless it was rung meanwhile', (t) => {
  const { memory, layout } = createShared();
  goToSleep(memory, layout, 1);
  t.true(stayAwake(memory, layout, 1));
  t.is(threadState(memory, layout, 1), AWAKE);
  goToSleep(memory, layout, 1);
  tryRing(memory, layout, 1);
  t.false(stayAwake(memory, layout, 1));
  t.is(threadState(memory, layout, 1), RUNG, 'the ring wakes it');
});

test('no wake-up is lost: a request put before any access of falling asleep is seen or rung for', (t) => {
  for (let access = 0; access < 5; access += 1) {
    const { memory, layout } = createShared();
    wakeUp(memory, layout, 1);
    let isRung = false;
    const put = (): void => {
      const index = findRoom(memory, layout) as number;
      publish(memory, layout, index, entrySlotOf(1, false), memory.load(wordCell(layout, 1)), false);
      isRung = tryRing(memory, layout, 1);
    };
    const thread = new InterruptedMemory(memory, (next) => next === access && put());
    goToSleep(thread, layout, 1);
    const goesOn = mayHoldRequests(thread) && stayAwake(thread, layout, 1);
    if (!mayHoldRequests(memory)) put();
    t.true(goesOn || isRung, `before access ${access}`);
    t.false(goesOn && isRung, 'not both: a pull and a ring');
  }
});

test('one ring to the acceptor is unanswered at most', (t) => {
  const { memory, layout } = createShared();
  t.false(answerRing(memory, layout, 1));
  t.true(tryRingAcceptor(memory, layout, 1));
  t.false(tryRingAcceptor(memory, layout, 1));
  t.true(tryRingAcceptor(memory, layout, 2));
  t.true(answerRing(memory, layout, 1));
  t.false(answerRing(memory, layout, 1));
  t.true(tryRingAcceptor(memory, layout, 1));
});

test('running and served are counted for each line', (t) => {
  const { memory, layout } = createShared();
  addRunning(memory, layout, 1, 1);
  addRunning(memory, layout, 1, 1);
  addRunning(memory, layout, 1, -1);
  addRunning(memory, layout, 2, 1);
  countServed(memory, layout, 1);
  t.is(runningIn(memory, layout, 1), 1);
  t.is(runningIn(memory, layout, 2), 1);
  t.is(servedBy(memory, layout, 1), 1);
  t.is(servedBy(memory, layout, 2), 0);
});

for (const [where, start] of Object.entries({ 'at 0': 0, 'at 2^31': 2 ** 31 - 1, 'at 2^32': -1 })) {
  test(`a claim is announced, then counted (${where})`, (t) => {
    const { memory, layout } = createShared();
    memory.store(threadCell(layout, 1) + TAKEN, start);
    memory.store(threadCell(layout, 1) + CLAIM_NUMBER, start);
    t.is(uncountedClaim(memory, layout, 1), undefined);
    const number = announceClaim(memory, layout, 1, -7);
    t.is(uncountedClaim(memory, layout, 1), -7);
    t.is(takenBy(memory, layout, 1), start);
    countClaim(memory, layout, 1, number);
    t.is(uncountedClaim(memory, layout, 1), undefined);
    t.is(takenBy(memory, layout, 1), (start + 1) | 0);
    announceClaim(memory, layout, 1, 4);
    announceClaim(memory, layout, 1, 5);
    t.is(uncountedClaim(memory, layout, 1), 5, 'a claim that was lost is announced over');
    t.is(uncountedClaim(memory, layout, 2), undefined);
  });
}

test('a line that is given out again begins anew, but for its counts of what was', (t) => {
  const { memory, layout } = createShared();
  countClaim(memory, layout, 1, announceClaim(memory, layout, 1, 3));
  announceClaim(memory, layout, 1, 4);
  addRunning(memory, layout, 1, 2);
  countServed(memory, layout, 1);
  tryRingAcceptor(memory, layout, 1);
  goToSleep(memory, layout, 1);
  resetLine(memory, layout, 1);
  t.is(threadState(memory, layout, 1), ABSENT);
  t.is(runningIn(memory, layout, 1), 0);
  t.is(uncountedClaim(memory, layout, 1), undefined);
  t.true(tryRingAcceptor(memory, layout, 1), 'the dead thread may have died between the flag and the ring');
  t.is(takenBy(memory, layout, 1), 1);
  t.is(servedBy(memory, layout, 1), 1);
});

test("a beat is found again, until the line is another thread's", (t) => {
  const { memory, layout } = createShared();
  t.is(lastBeatOf(memory, layout, 1, 5000), undefined);
  // Also where the low bits of the clock are 0.
  for (const at of [1234, 2 ** 32]) {
    beat(memory, layout, 1, at);
    t.true(Math.abs((lastBeatOf(memory, layout, 1, at + 700) ?? 0) - at) <= 1);
  }
  t.is(lastBeatOf(memory, layout, 2, 5000), undefined);
  resetLine(memory, layout, 1);
  t.is(lastBeatOf(memory, layout, 1, 5000), undefined);
});

test('a thread beats several times before it can be taken for held', (t) => {
  for (const handlerTimeoutMs of [1, 250, 30_000, 3_600_000]) {
    t.true(heldAfterMs(handlerTimeoutMs) >= handlerTimeoutMs);
    t.true(beatEveryMs(handlerTimeoutMs) * 8 <= heldAfterMs(handlerTimeoutMs));
    t.true(beatEveryMs(handlerTimeoutMs) >= 60 && beatEveryMs(handlerTimeoutMs) <= 1000);
  }
});
