import test from 'ava';
import type { Due } from '../../src/acceptor/deadline-heap.ts';
import { Deadlines } from '../../src/acceptor/deadlines.ts';
import { nowMs } from '../../src/shared/clock.ts';

interface Named extends Due {
  readonly name: string;
}

const named = (name: string): Named => ({ name, dueAt: 0, heapIndex: -1 });

/** The timer alone keeps no process alive; the test has to. */
const stayAlive = (t: { teardown(end: () => void): void }): void => {
  const timer = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(timer));
};

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
  const [sooner, removed, never] = [named('sooner'), named('removed'), named('never')];
  deadlines.schedule(sooner, nowMs() + 60_000);
  deadlines.schedule(removed, nowMs() + 10);
  deadlines.schedule(sooner, nowMs() + 20);
  deadlines.remove(removed);
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.deepEqual(seen, ['sooner']);
  deadlines.schedule(never, nowMs() + 5);
  deadlines.close();
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.deepEqual(seen, ['sooner']);
});

test("a time beyond node's longest timer is not due at once", async (t) => {
  stayAlive(t);
  const seen: string[] = [];
  const deadlines = new Deadlines<Named>(({ name }) => seen.push(name));
  deadlines.schedule(named('in a year'), nowMs() + 365 * 86_400_000);
  deadlines.schedule(named('never'), Number.POSITIVE_INFINITY);
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.deepEqual(seen, []);
  deadlines.close();
});
