import { readSync } from 'node:fs';
import test from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { ThreadMemory } from '../../src/app-adapter/thread-memory.ts';
import { nowMs } from '../../src/shared/clock.ts';
import { DRAINING, OVERFLOW } from '../../src/shared/memory/layout.ts';
import { readLetters } from '../../src/shared/memory/mailbox.ts';
import type { ThreadStart } from '../../src/shared/messages.ts';
import type { ThreadOptions } from '../../src/shared/options/options.ts';
import { startOf } from '../../src/shared/memory/request-start.ts';
import { answerRing, lastBeatOf } from '../../src/shared/memory/thread-line.ts';
import { createShared } from '../helpers/shared-memory.ts';

const libc = loadLibc();

const create = (t: { teardown(end: () => void): void }, handlerTimeoutMs = 0) => {
  const shared = createShared();
  const { buffer, layout } = shared;
  const [readEnd, writeEnd] = libc.createPipe();
  t.teardown(() => {
    libc.close(readEnd);
    libc.close(writeEnd);
  });
  const options = { handlerTimeoutMs } as ThreadOptions;
  const start: Partial<ThreadStart> = { buffer, layout, line: 2, acceptorBellDescriptor: writeEnd, options };
  const thread = new ThreadMemory(start as ThreadStart);
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

test('it says when a request began and that it lives, if handlers have a time limit', async (t) => {
  const { memory, layout, thread } = create(t, 1);
  const before = nowMs();
  t.is(startOf(memory, layout, 7, before), undefined);
  t.is(lastBeatOf(memory, layout, 2, before), undefined);
  thread.noteStart(7);
  thread.startBeating();
  const now = nowMs();
  for (const told of [startOf(memory, layout, 7, now), lastBeatOf(memory, layout, 2, now)]) {
    // The cells hold whole milliseconds.
    t.true(told !== undefined && told > before - 1.1 && told < now + 1, String(told));
  }
  thread.noteEnd(7);
  t.is(startOf(memory, layout, 7, now), undefined);
  const first = lastBeatOf(memory, layout, 2, now) ?? 0;
  while ((lastBeatOf(memory, layout, 2, nowMs()) ?? 0) < first + 2) await new Promise(setImmediate);
  t.pass('it beats again');
});

test('without a limit it says neither', (t) => {
  const { memory, layout, thread } = create(t);
  thread.noteStart(7);
  thread.startBeating();
  t.is(startOf(memory, layout, 7, nowMs()), undefined);
  t.is(lastBeatOf(memory, layout, 2, nowMs()), undefined);
});
