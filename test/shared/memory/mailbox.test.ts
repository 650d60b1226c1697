import test from 'ava';
import { MAIL_HEAD, MAIL_TAIL, MAILBOX_SIZE, threadCell } from '../../../src/shared/memory/layout.ts';
import { readLetters, writeLetter } from '../../../src/shared/memory/mailbox.ts';
import { answerRing, tryRingAcceptor } from '../../../src/shared/memory/thread-line.ts';
import {
  createShared,
  Death,
  DyingMemory,
  InterruptedMemory,
  type SharedForTest,
} from '../../helpers/shared-memory.ts';

const read = ({ memory, layout }: SharedForTest, line = 1): { slots: number[]; mustLookAtAll: boolean } => {
  const slots: number[] = [];
  const mustLookAtAll = readLetters(memory, layout, line, (slot) => slots.push(slot));
  return { slots, mustLookAtAll };
};

const startAt = ({ memory, layout }: SharedForTest, count: number): void => {
  memory.store(threadCell(layout, 1) + MAIL_HEAD, count | 0);
  memory.store(threadCell(layout, 1) + MAIL_TAIL, count | 0);
};

test('letters are read once, in order, each from its own box', (t) => {
  const shared = createShared();
  const { memory, layout } = shared;
  for (const slot of [7, 1_048_575, 7]) writeLetter(memory, layout, 1, slot);
  writeLetter(memory, layout, 2, 9);
  t.deepEqual(read(shared), { slots: [7, 1_048_575, 7], mustLookAtAll: false });
  t.deepEqual(read(shared), { slots: [], mustLookAtAll: false });
  t.deepEqual(read(shared, 2), { slots: [9], mustLookAtAll: false });
});

for (const [where, start] of Object.entries({ 'at 0': 0, 'across 2^31': 2 ** 31 - 100, 'across 2^32': -100 })) {
  test(`a full box says so instead of overwriting, and works again afterwards (${where})`, (t) => {
    const shared = createShared();
    const { memory, layout } = shared;
    startAt(shared, start);
    const slots = Array.from({ length: MAILBOX_SIZE }, (_, slot) => slot);
    for (const slot of slots) writeLetter(memory, layout, 1, slot);
    writeLetter(memory, layout, 1, 999);
    writeLetter(memory, layout, 1, 998);
    t.deepEqual(read(shared), { slots, mustLookAtAll: true });
    t.deepEqual(read(shared), { slots: [], mustLookAtAll: false });
    writeLetter(memory, layout, 1, 5);
    t.deepEqual(read(shared), { slots: [5], mustLookAtAll: false });
  });
}

test('a letter written while letters are read waits for the next reading', (t) => {
  const shared = createShared();
  const { memory, layout } = shared;
  writeLetter(memory, layout, 1, 1);
  const slots: number[] = [];
  readLetters(memory, layout, 1, (slot) => {
    slots.push(slot);
    if (slot === 1) writeLetter(memory, layout, 1, 2);
  });
  t.deepEqual(slots, [1]);
  t.deepEqual(read(shared).slots, [2]);
});

test('no letter is forgotten, whenever the acceptor answers the ring and reads', (t) => {
  // The thread writes its letter and rings; the acceptor does its part before each of these accesses.
  for (const isFull of [false, true]) {
    for (let access = 0; access < 6; access += 1) {
      const shared = createShared();
      const { memory, layout } = shared;
      for (let slot = 0; isFull && slot < MAILBOX_SIZE; slot += 1) writeLetter(memory, layout, 1, slot);
      tryRingAcceptor(memory, layout, 1);
      let hasLooked = false;
      const look = (): void => {
        if (!answerRing(memory, layout, 1)) return;
        const { slots, mustLookAtAll } = read(shared);
        hasLooked ||= mustLookAtAll || slots.includes(500);
      };
      const thread = new InterruptedMemory(memory, (next) => next === access && look());
      writeLetter(thread, layout, 1, 500);
      tryRingAcceptor(thread, layout, 1);
      // Whoever found the flag set has a byte in the pipe: the acceptor comes once more.
      look();
      t.true(hasLooked, `${isFull ? 'full' : 'room'}, before access ${access}`);
    }
  }
});

test('a thread that dies while it writes a letter leaves no half of one', (t) => {
  for (let accesses = 0; accesses < 4; accesses += 1) {
    const shared = createShared();
    const { memory, layout } = shared;
    writeLetter(memory, layout, 1, 3);
    t.throws(() => writeLetter(new DyingMemory(memory, accesses), layout, 1, 77), { instanceOf: Death });
    t.deepEqual(read(shared).slots, [3]);
    // The line's next thread goes on in the same box.
    writeLetter(memory, layout, 1, 4);
    t.deepEqual(read(shared).slots, [4]);
  }
});
