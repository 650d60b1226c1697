import { EventEmitter, once } from 'node:events';
import test from 'ava';
import { nowMs } from '../../../src/shared/clock.ts';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { pickThread, ThreadBells } from '../../../src/acceptor/lending/thread-bells.ts';
import { hear } from '../../../src/shared/bell.ts';
import { QUEUE_HEAD, QUEUE_TAIL } from '../../../src/shared/memory/layout.ts';
import { addRunning, ASLEEP, goToSleep, RUNG, threadState, wakeUp } from '../../../src/shared/memory/thread-line.ts';
import { createShared, type SharedForTest } from '../../helpers/shared-memory.ts';

const libc = loadLibc();

interface Case {
  readonly name: string;
  readonly asleep: boolean;
  readonly running: number;
}

const pick = (...threads: Case[]): string | undefined =>
  pickThread(
    threads,
    ({ asleep }) => asleep,
    ({ running }) => running,
  )?.name;

test('the sleeping thread that runs the fewest requests is rung', (t) => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, asleep: true, running: 2 })) as [Case, Case, Case];
  t.is(pick(), undefined);
  t.is(pick({ ...a, asleep: false }), undefined);
  t.is(pick(a, b), 'a');
  t.is(pick(a, { ...b, running: 1 }), 'b');
  t.is(pick({ ...a, running: 0 }, { ...b, running: 0 }), 'a');
  t.is(pick({ ...a, running: 0, asleep: false }, b, { ...c, running: 1 }), 'c');
});

interface Rig extends SharedForTest {
  readonly bells: ThreadBells;
  /** Lines in the order in which they heard their bell. */
  readonly heard: number[];
  nextRing(): Promise<unknown>;
}

const createRig = (t: { teardown(end: () => void): void }, lines: readonly number[]): Rig => {
  const shared = createShared({ threadCount: 4 });
  const bells = new ThreadBells(shared.memory, shared.layout, 2);
  t.teardown(() => bells.close());
  const heard: number[] = [];
  const rings = new EventEmitter();
  for (const line of lines) {
    const [readEnd, writeEnd] = libc.createPipe();
    const ears = hear(readEnd, () => {
      heard.push(line);
      rings.emit('ring');
    });
    bells.add(line, writeEnd);
    t.teardown(() => {
      ears.destroy();
      libc.close(writeEnd);
    });
  }
  return { ...shared, bells, heard, nextRing: () => once(rings, 'ring') };
};

const putOne = ({ memory }: SharedForTest): void => memory.store(QUEUE_TAIL, memory.load(QUEUE_HEAD) + 1);

test('one sleeping thread is rung for each request, an awake one never', async (t) => {
  const rig = createRig(t, [1, 2, 3]);
  const { memory, layout, bells, heard } = rig;
  wakeUp(memory, layout, 1);
  goToSleep(memory, layout, 2);
  goToSleep(memory, layout, 3);
  addRunning(memory, layout, 2, 1);
  let ring = rig.nextRing();
  bells.ringOne();
  await ring;
  t.deepEqual(heard, [3]);
  t.is(threadState(memory, layout, 3), RUNG);
  t.is(threadState(memory, layout, 2), ASLEEP);
  ring = rig.nextRing();
  bells.ringOne();
  await ring;
  t.deepEqual(heard, [3, 2]);
  bells.ringOne();
  t.deepEqual(heard, [3, 2]);
});

test('ready are those that sleep, and those that were rung just now', async (t) => {
  const rig = createRig(t, [1, 2, 3]);
  const { memory, layout, bells } = rig;
  t.is(bells.countReady(), 0);
  goToSleep(memory, layout, 1);
  goToSleep(memory, layout, 2);
  wakeUp(memory, layout, 3);
  t.is(bells.countReady(), 2);
  const ring = rig.nextRing();
  bells.ringOne();
  await ring;
  const since = nowMs();
  while (bells.countReady() === 2 && nowMs() - since < 5000) await new Promise(setImmediate);
  t.is(bells.countReady(), 1, 'a thread that does not answer its ring is in a long continuation');
});

test('a thread that is full is not ready, though it sleeps', (t) => {
  const { memory, layout, bells } = createRig(t, [1]);
  goToSleep(memory, layout, 1);
  addRunning(memory, layout, 1, 1);
  t.is(bells.countReady(), 1);
  addRunning(memory, layout, 1, 1);
  t.is(bells.countReady(), 0);
});

test('a ring that is not answered rings another thread, and again when one falls asleep', async (t) => {
  const rig = createRig(t, [1, 2]);
  const { memory, layout, bells, heard } = rig;
  goToSleep(memory, layout, 1);
  putOne(rig);
  let ring = rig.nextRing();
  bells.ringOne();
  await ring;
  ring = rig.nextRing();
  // It sleeps from now on; nobody puts another request.
  goToSleep(memory, layout, 2);
  await ring;
  t.deepEqual(heard, [1, 2]);
});

test('a thread that is gone is rung no more', (t) => {
  const { memory, layout, bells } = createRig(t, [1]);
  goToSleep(memory, layout, 1);
  t.not(bells.remove(1), undefined);
  t.is(bells.remove(1), undefined);
  bells.ringOne();
  t.is(threadState(memory, layout, 1), ASLEEP);
  t.is(bells.countReady(), 0);
});
