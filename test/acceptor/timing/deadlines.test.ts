import test from 'ava';
import type { Due } from '../../../src/acceptor/timing/deadline-heap.ts';
import { Deadlines } from '../../../src/acceptor/timing/deadlines.ts';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { hear, ring } from '../../../src/shared/bell.ts';
import { nowMs } from '../../../src/shared/clock.ts';

interface Named extends Due {
  readonly name: string;
}

const named = (name: string): Named => ({ name, dueAt: 0, heapIndex: -1 });

/** The timer alone keeps no process alive; the test has to. */
const stayAlive = (t: { teardown(end: () => void): void }): void => {
  const timer = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(timer));
};

/** By another clock of the same kind: what was due before has come up by then. */
const hasPassed = (at: number): Promise<void> =>
  new Promise((resolve) => {
    new Deadlines<Named>(() => resolve()).schedule(named('marker'), at);
  });

test('each comes up at its time, none before, in order', async (t) => {
  stayAlive(t);
  const begin = nowMs();
  const seen: [string, number][] = [];
  await new Promise<void>((resolve) => {
    const deadlines = new Deadlines<Named>(({ name }, now) => {
      seen.push([name, now - begin]);
      if (seen.length === 3) resolve();
    });
    deadlines.schedule(named('third'), begin + 60);
    deadlines.schedule(named('first'), begin + 10);
    deadlines.schedule(named('second'), begin + 30);
  });
  t.deepEqual(
    seen.map(([name]) => name),
    ['first', 'second', 'third'],
  );
  for (const [at, due] of [10, 30, 60].entries()) t.true((seen[at]?.[1] ?? 0) >= due);
});

test('one that is put in again by its own coming up comes up again, also when it is due at once', async (t) => {
  stayAlive(t);
  let turns = 0;
  await new Promise<void>((resolve) => {
    const item = named('again');
    const deadlines = new Deadlines<Named>((due, now) => {
      turns += 1;
      if (turns < 5) deadlines.schedule(due, turns % 2 === 0 ? now : now + 5);
      else resolve();
    });
    deadlines.schedule(item, nowMs());
  });
  t.is(turns, 5);
});

test('an earlier time is heeded, a removed one is not, and nothing comes after the close', async (t) => {
  stayAlive(t);
  const seen: string[] = [];
  const deadlines = new Deadlines<Named>(({ name }) => seen.push(name));
  const [sooner, removed] = [named('sooner'), named('removed')];
  const begin = nowMs();
  deadlines.schedule(sooner, begin + 60_000);
  deadlines.schedule(removed, begin + 10);
  deadlines.schedule(sooner, begin + 20);
  deadlines.remove(removed);
  await hasPassed(begin + 30);
  t.deepEqual(seen, ['sooner']);
  deadlines.schedule(named('never'), nowMs() + 1);
  deadlines.close();
  await hasPassed(nowMs() + 10);
  t.deepEqual(seen, ['sooner']);
});

test('after a stall what has come in time is read before anything is due', async (t) => {
  const libc = loadLibc();
  const [readEnd, writeEnd] = libc.createPipe();
  const seen: string[] = [];
  const ears = hear(readEnd, () => seen.push('read'));
  t.teardown(() => {
    ears.destroy();
    libc.close(writeEnd);
  });
  await new Promise<void>((resolve) => {
    const deadlines = new Deadlines<Named>(() => {
      seen.push('due');
      resolve();
    });
    deadlines.schedule(named('item'), nowMs() + 10);
    setImmediate(() => {
      ring(writeEnd);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
    });
  });
  t.deepEqual(seen, ['read', 'due']);
});

test("a time beyond node's longest timer is not due at once", async (t) => {
  stayAlive(t);
  const seen: string[] = [];
  const deadlines = new Deadlines<Named>(({ name }) => seen.push(name));
  deadlines.schedule(named('in a year'), nowMs() + 365 * 86_400_000);
  deadlines.schedule(named('never'), Number.POSITIVE_INFINITY);
  await hasPassed(nowMs() + 20);
  t.deepEqual(seen, []);
  deadlines.close();
});
