/**
 * The ring, one access at a time: every test runs at the start, and where the indices change sign
 * and where they begin anew. Threads are lines; what another thread does in between is done here.
 */
import test, { type ExecutionContext } from 'ava';
import { settleEntries } from '../../../src/acceptor/endings/settlement.ts';
import {
  ENTRY_STATE,
  entryCell,
  OVERFLOW,
  QUEUE_HEAD,
  QUEUE_TAIL,
  wordCell,
} from '../../../src/shared/memory/layout.ts';
import {
  cancelWaiting,
  type Claim,
  claimNext,
  entrySlotOf,
  findRoom,
  freeEntry,
  isConnectionLoan,
  isHeldEntry,
  mayHoldRequests,
  publish,
  setOverflow,
  slotOf,
} from '../../../src/shared/memory/request-ring.ts';
import { takenBy } from '../../../src/shared/memory/thread-line.ts';
import {
  hasMore,
  IDLE,
  LENT,
  makeWord,
  MORE,
  ownerOf,
  RUNNING,
  stageOf,
  WAITING,
} from '../../../src/shared/memory/words.ts';
import {
  createShared,
  Death,
  DyingMemory,
  InterruptedMemory,
  type SharedForTest,
  startRingAt,
} from '../../helpers/shared-memory.ts';

/** Where the indices begin: the tests put and take across these places. */
const STARTS: Readonly<Record<string, number>> = {
  'at 0': 0,
  'across 2^17, where generations begin anew': 2 ** 17 - 3,
  'across 2^31, where they turn negative': 2 ** 31 - 3,
  'across 2^32, where they are 0 again': -3,
};

const newClaim = (): Claim => ({ index: 0, slot: -1, lendsConnection: false });

/** Puts as the acceptor does; gives the index. */
const put = ({ memory, layout }: SharedForTest, slot: number, lendsConnection = false, more = false): number => {
  const index = findRoom(memory, layout);
  if (index === undefined) throw new Error('no room');
  publish(memory, layout, index, entrySlotOf(slot, lendsConnection), memory.load(wordCell(layout, slot)), more);
  return index;
};

const word = ({ memory, layout }: SharedForTest, slot: number): number => memory.load(wordCell(layout, slot));

const each = (title: string, run: (shared: SharedForTest, t: ExecutionContext) => void): void => {
  for (const [where, start] of Object.entries(STARTS)) {
    test(`${title} (${where})`, (t) => {
      const shared = createShared();
      startRingAt(shared.memory, start);
      run(shared, t);
    });
  }
};

test('an entry slot holds the slot and the kind of the loan', (t) => {
  for (const slot of [0, 1, 2 ** 20 - 1]) {
    for (const lendsConnection of [false, true]) {
      const entrySlot = entrySlotOf(slot, lendsConnection);
      t.is(slotOf(entrySlot), slot);
      t.is(isConnectionLoan(entrySlot), lendsConnection);
    }
  }
});

each('nothing is claimed from an empty ring', ({ memory, layout }, t) => {
  t.false(mayHoldRequests(memory));
  t.false(claimNext(memory, layout, 1, newClaim()));
  t.is(takenBy(memory, layout, 1), 0);
});

each('first come, first served, by whoever claims', (shared, t) => {
  const { memory, layout } = shared;
  const indices = [11, 12, 13, 14, 15].map((slot) => put(shared, slot, slot === 13, slot === 14));
  t.true(mayHoldRequests(memory));
  const claims = [1, 2, 1, 1, 2].map((line) => {
    const claim = newClaim();
    t.true(claimNext(memory, layout, line, claim));
    return claim;
  });
  t.deepEqual(
    claims.map(({ slot }) => slot),
    [11, 12, 13, 14, 15],
  );
  t.deepEqual(
    claims.map(({ index }) => index),
    indices,
  );
  t.deepEqual(
    claims.map(({ lendsConnection }) => lendsConnection),
    [false, false, true, false, false],
  );
  for (const [at, { slot }] of claims.entries()) {
    const claimed = word(shared, slot);
    t.is(stageOf(claimed), slot === 13 ? LENT : RUNNING);
    t.is(ownerOf(claimed), [1, 2, 1, 1, 2][at] as number);
    t.is(hasMore(claimed), slot === 14, '`more` stays');
  }
  t.is(takenBy(memory, layout, 1), 3);
  t.is(takenBy(memory, layout, 2), 2);
  t.false(claimNext(memory, layout, 1, newClaim()));
  t.false(mayHoldRequests(memory));
});

each('the ring has as many places as its size, and room again once the oldest is taken and free', (shared, t) => {
  const { memory, layout } = shared;
  const { ringSize } = layout;
  for (let slot = 0; slot < ringSize; slot += 1) put(shared, slot);
  t.is(findRoom(memory, layout), undefined);
  const claim = newClaim();
  claimNext(memory, layout, 1, claim);
  t.is(findRoom(memory, layout), undefined, 'a thread still copies the oldest');
  freeEntry(memory, layout, claim.index);
  t.is(put(shared, ringSize), (claim.index + ringSize) | 0);
  t.is(findRoom(memory, layout), undefined);
  const slots: number[] = [];
  while (claimNext(memory, layout, 2, claim)) slots.push(claim.slot);
  t.deepEqual(
    slots,
    Array.from({ length: ringSize }, (_, at) => at + 1),
  );
});

each('two rounds through all places keep the order', (shared, t) => {
  const { memory, layout } = shared;
  const total = 2 * layout.ringSize + 7;
  const claim = newClaim();
  for (let slot = 0; slot < total; slot += 1) {
    put(shared, slot);
    if (slot % 3 === 0) continue;
    t.true(claimNext(memory, layout, 1, claim));
    freeEntry(memory, layout, claim.index);
  }
  let last = claim.slot;
  while (claimNext(memory, layout, 1, claim)) {
    if (claim.slot !== last + 1) t.fail(`${claim.slot} after ${last}`);
    last = claim.slot;
    freeEntry(memory, layout, claim.index);
  }
  t.is(last, total - 1);
  t.is(takenBy(memory, layout, 1), total);
});

each('a cancelled request is skipped, its place is free, its word is the one given', (shared, t) => {
  const { memory, layout } = shared;
  const first = put(shared, 1, false, true);
  put(shared, 2);
  t.true(cancelWaiting(memory, layout, 1, first, makeWord(IDLE, 0, first)));
  t.is(word(shared, 1), makeWord(IDLE, 0, first), 'without `more`');
  t.false(isHeldEntry(memory, layout, first));
  const claim = newClaim();
  t.true(claimNext(memory, layout, 1, claim));
  t.is(claim.slot, 2);
  t.is(takenBy(memory, layout, 1), 1);
});

each('what is claimed cannot be cancelled, nor what was cancelled claimed', (shared, t) => {
  const { memory, layout } = shared;
  const index = put(shared, 1);
  claimNext(memory, layout, 1, newClaim());
  const claimed = word(shared, 1);
  t.false(cancelWaiting(memory, layout, 1, index, makeWord(IDLE, 0, index)));
  t.is(word(shared, 1), claimed);
  t.true(isHeldEntry(memory, layout, index));
  const second = put(shared, 2);
  cancelWaiting(memory, layout, 2, second, makeWord(IDLE, 0, second));
  t.false(claimNext(memory, layout, 1, newClaim()));
  t.false(cancelWaiting(memory, layout, 2, second, makeWord(IDLE, 0, second)), 'nor cancelled twice');
});

each('a ring full of cancelled requests has room at once: the acceptor moves the head itself', (shared, t) => {
  const { memory, layout } = shared;
  const first = put(shared, 0);
  for (let slot = 1; slot < layout.ringSize; slot += 1) put(shared, slot);
  t.is(findRoom(memory, layout), undefined);
  cancelWaiting(memory, layout, 0, first, makeWord(IDLE, 0, first));
  t.is(put(shared, 0), (first + layout.ringSize) | 0, 'the same connection, in the same place');
  const claim = newClaim();
  t.true(claimNext(memory, layout, 1, claim));
  t.is(claim.slot, 1, 'behind all the others now');
});

each('a request cancelled in the middle frees no place before its turn', (shared, t) => {
  const { memory, layout } = shared;
  const indices = Array.from({ length: layout.ringSize }, (_, slot) => put(shared, slot));
  cancelWaiting(memory, layout, 5, indices[5] as number, makeWord(IDLE, 0, indices[5] as number));
  t.is(findRoom(memory, layout), undefined);
});

test('a request is published only over an idle word', (t) => {
  const shared = createShared();
  const { memory, layout } = shared;
  for (const stage of [WAITING, RUNNING, LENT]) {
    const held = makeWord(stage, 1, 99);
    memory.store(wordCell(layout, 3), held);
    t.throws(() => put(shared, 3), { message: /not idle/ });
    t.is(word(shared, 3), held);
    t.false(mayHoldRequests(memory), 'and no thread sees it');
  }
});

test('an idle word may still carry `more` of its last loan', (t) => {
  const shared = createShared();
  shared.memory.store(wordCell(shared.layout, 3), makeWord(IDLE, 2, 77) | MORE);
  const index = put(shared, 3);
  t.is(word(shared, 3), makeWord(WAITING, 0, index));
});

test('who frees an entry hears whether the acceptor waits for room', (t) => {
  const shared = createShared();
  const { memory, layout } = shared;
  const index = put(shared, 1);
  claimNext(memory, layout, 1, newClaim());
  t.false(freeEntry(memory, layout, index));
  setOverflow(memory, true);
  t.true(freeEntry(memory, layout, index));
  setOverflow(memory, false);
  t.is(memory.load(OVERFLOW), 0);
  t.false(freeEntry(memory, layout, index));
});

test('room is not overlooked: the flag is set between freeing and reading it, or the entry is free by then', (t) => {
  // The acceptor sets the flag and tries once more, before each access of the thread's freeing.
  for (const access of [0, 1, 2]) {
    const shared = createShared();
    const { memory, layout } = shared;
    for (let slot = 0; slot < layout.ringSize; slot += 1) put(shared, slot);
    const claim = newClaim();
    claimNext(memory, layout, 1, claim);
    let hasFound = false;
    const acceptor = (): void => {
      setOverflow(memory, true);
      hasFound = findRoom(memory, layout) !== undefined;
    };
    const isRung = freeEntry(
      new InterruptedMemory(memory, (next) => next === access && acceptor()),
      layout,
      claim.index,
    );
    if (access === 2) acceptor();
    t.true(hasFound || isRung, `before access ${access}`);
  }
});

each('a second thread may claim between any two accesses of a claim: none twice, none lost', (shared, t) => {
  const accesses = 12;
  for (let access = 0; access < accesses; access += 1) {
    const { memory, layout } = shared;
    const [first, second] = [put(shared, 1), put(shared, 2)];
    const mine = newClaim();
    const theirs = newClaim();
    let taken = 0;
    const interrupted = new InterruptedMemory(memory, (next) => {
      if (next === access && claimNext(memory, layout, 2, theirs)) taken += 1;
    });
    if (claimNext(interrupted, layout, 1, mine)) taken += 1;
    const rest = newClaim();
    while (claimNext(memory, layout, 3, rest)) taken += 1;
    t.is(taken, 2, `before access ${access}`);
    const owners = [1, 2].map((slot) => ownerOf(word(shared, slot)));
    t.true(owners.every((owner) => owner !== 0));
    for (const [slot, index] of [
      [1, first],
      [2, second],
    ] as const) {
      memory.store(wordCell(layout, slot), makeWord(IDLE, 0, index));
      freeEntry(memory, layout, index);
    }
  }
});

each('the acceptor may cancel between any two accesses of a claim: one of them has it', (shared, t) => {
  for (let access = 0; access < 12; access += 1) {
    const { memory, layout } = shared;
    const index = put(shared, 1);
    let isCancelled = false;
    const interrupted = new InterruptedMemory(memory, (next) => {
      if (next === access) isCancelled = cancelWaiting(memory, layout, 1, index, makeWord(IDLE, 0, index));
    });
    const isClaimed = claimNext(interrupted, layout, 1, newClaim());
    t.not(isClaimed, isCancelled, `before access ${access}`);
    t.is(stageOf(word(shared, 1)), isClaimed ? RUNNING : IDLE);
    memory.store(wordCell(layout, 1), makeWord(IDLE, 0, index));
    freeEntry(memory, layout, index);
  }
});

each('an entry may be written anew between any two accesses of a claim: never one with the other', (shared, t) => {
  // Slot 1 is taken and finished, slot 2 comes into the same place of the ring, a round later.
  const { memory, layout } = shared;
  for (let access = 0; access < 12; access += 1) {
    const first = put(shared, 1);
    let second: number | undefined;
    const rewrite = (): void => {
      const other = newClaim();
      if (!claimNext(memory, layout, 2, other)) return;
      memory.store(wordCell(layout, 1), makeWord(IDLE, 2, first));
      freeEntry(memory, layout, first);
      for (let round = 1; round < layout.ringSize; round += 1) {
        const passing = put(shared, 3);
        cancelWaiting(memory, layout, 3, passing, makeWord(IDLE, 0, passing));
      }
      second = put(shared, 2);
      t.is(second, (first + layout.ringSize) | 0);
    };
    const claim = newClaim();
    const isClaimed = claimNext(
      new InterruptedMemory(memory, (next) => next === access && rewrite()),
      layout,
      1,
      claim,
    );
    if (isClaimed) {
      t.is(claim.slot, claim.index === first ? 1 : 2, `before access ${access}`);
      t.is(claim.index, claim.slot === 1 ? first : (second as number));
    }
    while (claimNext(memory, layout, 1, newClaim()));
    for (const slot of [1, 2, 3]) memory.store(wordCell(layout, slot), makeWord(IDLE, 0, 0));
    for (let place = 0; place < layout.ringSize; place += 1) freeEntry(memory, layout, place);
  }
});

each('pending is exact after a death between any two accesses of a claim', (shared, t) => {
  const { memory, layout } = shared;
  const put3 = (): number[] => [1, 2, 3].map((slot) => put(shared, slot, slot === 2));
  for (const earlier of [0, 1]) {
    for (let accesses = 0; ; accesses += 1) {
      const indices = put3();
      const takenBefore = takenBy(memory, layout, 1);
      // A loan before: what was announced for it must not be taken for the one that dies.
      for (let turn = 0; turn < earlier; turn += 1) claimNext(memory, layout, 1, newClaim());
      let hasDied = false;
      try {
        claimNext(new DyingMemory(memory, accesses), layout, 1, newClaim());
      } catch (error) {
        if (!(error instanceof Death)) throw error;
        hasDied = true;
      }
      const claimed = [1, 2, 3].filter((slot) => ownerOf(word(shared, slot)) === 1).length;
      const uncounted = settleEntries(memory, layout, 1);
      t.is(takenBy(memory, layout, 1) - takenBefore + uncounted, claimed, `after ${accesses} accesses`);
      const held = indices.filter((index) => isHeldEntry(memory, layout, index)).length;
      t.is(held, 3 - claimed, 'entries that it had claimed are free, those that wait are not');
      // Another thread gets the rest, none twice.
      const rest: number[] = [];
      const claim = newClaim();
      while (claimNext(memory, layout, 2, claim)) rest.push(claim.slot);
      t.deepEqual(rest, [1, 2, 3].slice(claimed));
      for (const [at, slot] of [1, 2, 3].entries()) {
        memory.store(wordCell(layout, slot), makeWord(IDLE, 0, indices[at] as number));
        freeEntry(memory, layout, indices[at] as number);
      }
      // As `resetLine` does before the line is given out again.
      claimNext(memory, layout, 1, newClaim());
      if (!hasDied) break;
      t.true(accesses < 30);
    }
  }
  t.is(memory.load(QUEUE_HEAD), memory.load(QUEUE_TAIL));
});

test('a dead thread frees no entry that was used again', (t) => {
  const shared = createShared();
  const { memory, layout } = shared;
  const claim = newClaim();
  const first = put(shared, 1);
  claimNext(memory, layout, 1, claim);
  freeEntry(memory, layout, first);
  // The loan runs on while the ring goes round: its place holds another request now.
  let newest = first;
  for (let slot = 2; slot < 2 + layout.ringSize; slot += 1) {
    newest = put(shared, slot);
    if (slot < 1 + layout.ringSize) {
      claimNext(memory, layout, 2, claim);
      memory.store(wordCell(layout, slot), makeWord(IDLE, 2, newest));
      freeEntry(memory, layout, claim.index);
    }
  }
  t.is(entryCell(layout, newest), entryCell(layout, first));
  t.is(ownerOf(word(shared, 1)), 1);
  settleEntries(memory, layout, 1);
  t.is(memory.load(entryCell(layout, newest) + ENTRY_STATE), 1);
  t.true(claimNext(memory, layout, 2, claim));
  t.is(claim.index, newest);
});
