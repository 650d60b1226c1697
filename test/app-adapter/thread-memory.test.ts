import { readSync } from 'node:fs';
import test from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { ThreadMemory } from '../../src/app-adapter/thread-memory.ts';
import { DRAINING, OVERFLOW } from '../../src/shared/layout.ts';
import { readLetters } from '../../src/shared/mailbox.ts';
import type { ThreadStart } from '../../src/shared/messages.ts';
import { answerRing } from '../../src/shared/thread-line.ts';
import { createShared } from '../helpers/shared-memory.ts';

const libc = loadLibc();

const create = (t: { teardown(end: () => void): void }) => {
  const shared = createShared();
  const { buffer, layout } = shared;
  const [readEnd, writeEnd] = libc.createPipe();
  t.teardown(() => {
    libc.close(readEnd);
    libc.close(writeEnd);
  });
  const thread = new ThreadMemory({ buffer, layout, line: 2, acceptorBellDescriptor: writeEnd } as ThreadStart);
  /** How often it has rung since. */
  const rings = (): number => {
    try {
      return readSync(readEnd, Buffer.alloc(100));
    } catch {
      return 0;
    }
  };
  return { ...shared, thread, rings };
};

test('a letter is written and rung for; until that is answered, further ones are only written', (t) => {
  const { memory, layout, thread, rings } = create(t);
  thread.writeLetter(7);
  t.is(rings(), 1);
  thread.writeLetter(8);
  thread.ringAcceptor();
  t.is(rings(), 0);
  t.true(answerRing(memory, layout, 2));
  const slots: number[] = [];
  readLetters(memory, layout, 2, (slot) => slots.push(slot));
  t.deepEqual(slots, [7, 8]);
  thread.writeLetter(9);
  t.is(rings(), 1);
});

test('it sees that the server drains, and nothing else beside it', (t) => {
  const { memory, thread } = create(t);
  t.false(thread.isDraining);
  memory.store(OVERFLOW, 1);
  t.false(thread.isDraining);
  memory.store(DRAINING, 1);
  t.true(thread.isDraining);
});
