/** The bound on simulated threads: their requests, busy times and refusals, step by step. */
import test from 'ava';
import { AutoPending, boundFor } from '../../../src/acceptor/admission/auto-pending.ts';
import { MOST_AUTO_PENDING, UNMEASURED_MAX_PENDING } from '../../../src/shared/options/max-pending.ts';

const STEP_MS = 0.1;
const LOOK_MS = 100;

/** Requests that come in a step, each as the time it takes a thread. */
type Load = (nowMs: number) => readonly number[];

/** Threads with one queue, which the bound under test bounds; looked at ten times a second. */
class SimulatedThreads {
  readonly auto: AutoPending;
  nowMs = 0;
  refused = 0;
  readonly #left: number[];
  #queue: number[] = [];

  constructor(threadCount: number, targetWaitMs = 500) {
    this.auto = new AutoPending(threadCount, targetWaitMs);
    this.#left = Array.from({ length: threadCount }, () => 0);
  }

  run(ms: number, load: Load): void {
    for (const end = this.nowMs + ms; this.nowMs < end - 1e-6;) this.#untilLook(load);
  }

  #untilLook(load: Load): void {
    let busyMs = 0;
    let served = 0;
    const threadCount = this.#left.length;
    for (let step = 0; step < LOOK_MS / STEP_MS; step += 1) {
      const ready = this.#left.filter((ms) => ms <= 0).length;
      for (const ms of load(this.nowMs)) {
        if (this.#queue.length - ready >= this.auto.bound) this.refused += 1;
        else this.#queue.push(ms);
      }
      for (let thread = 0; thread < threadCount; thread += 1) {
        let left = this.#left[thread] ?? 0;
        if (left <= 0) left = this.#queue.shift() ?? 0;
        if (left > 0) {
          busyMs += STEP_MS;
          left -= STEP_MS;
          if (left <= 1e-9) served += 1;
        }
        this.#left[thread] = left <= 1e-9 ? 0 : left;
      }
      this.nowMs += STEP_MS;
    }
    this.auto.note({ ms: LOOK_MS, threadMs: threadCount * LOOK_MS, busyMs, served });
  }
}

/** So many requests a second of so many ms each, evenly. */
const steady = (perSecond: number, ms: number): Load => {
  let due = 0;
  return () => {
    due += (perSecond * STEP_MS) / 1000;
    const count = Math.floor(due);
    due -= count;
    return Array.from({ length: count }, () => ms);
  };
};

/** So many at once, this often. */
const bursts = (count: number, everyMs: number, ms: number): Load => {
  let last = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (nowMs - last < everyMs - 1e-6) return [];
    last = nowMs;
    return Array.from({ length: count }, () => ms);
  };
};

const isNear = (value: number, expected: number, share: number): boolean =>
  Math.abs(value - expected) <= expected * share;

test('as many as the rate completes in the time, within its limits', (t) => {
  t.is(boundFor(undefined, 500, 4), UNMEASURED_MAX_PENDING);
  t.is(boundFor(200, 500, 4), 100);
  t.is(boundFor(200, 1000, 4), 200);
  t.is(boundFor(0, 500, 4), 8, 'at least two a thread');
  t.is(boundFor(1e9, 500, 4), MOST_AUTO_PENDING);
});

test('1,024 until all threads have been busy for a while', (t) => {
  const threads = new SimulatedThreads(4);
  threads.run(2000, steady(100, 20));
  t.is(threads.auto.ratePerSecond, undefined, 'half busy');
  t.is(threads.auto.bound, UNMEASURED_MAX_PENDING);
  const [busy, served] = [4 * LOOK_MS, 20];
  const auto = new AutoPending(4, 500);
  auto.note({ ms: LOOK_MS, threadMs: busy, busyMs: busy, served });
  auto.note({ ms: LOOK_MS, threadMs: busy, busyMs: busy, served });
  t.is(auto.bound, UNMEASURED_MAX_PENDING, 'a burst is no load');
  auto.note({ ms: LOOK_MS, threadMs: busy, busyMs: busy, served });
  t.is(auto.ratePerSecond, 200);
  t.is(auto.bound, 100);
});

test('no thread, no rate', (t) => {
  const auto = new AutoPending(4, 500);
  for (let look = 0; look < 10; look += 1) auto.note({ ms: LOOK_MS, threadMs: 0, busyMs: 0, served: 0 });
  t.is(auto.ratePerSecond, undefined);
});

test('overload: the rate of the threads, however much more is offered', (t) => {
  for (const overload of [1.2, 5, 50]) {
    const threads = new SimulatedThreads(4);
    threads.run(1000, steady(200 * overload, 20));
    for (let second = 0; second < 20; second += 1) {
      threads.run(1000, steady(200 * overload, 20));
      t.true(isNear(threads.auto.bound, 100, 0.1), `${overload} times, second ${second}: ${threads.auto.bound}`);
    }
    t.true(threads.refused > 0);
  }
});

test('follows a load that switches between cheap and heavy within a second', (t) => {
  const threads = new SimulatedThreads(4);
  for (let round = 0; round < 4; round += 1) {
    threads.run(1000, steady(12_000, 0.5));
    t.true(isNear(threads.auto.bound, 4000, 0.1), `cheap: ${threads.auto.bound}`);
    threads.run(1000, steady(12_000, 0.5));
    // What waits of the cheap ones is served first: half a second of the cheap rate.
    threads.run(500, () => []);
    threads.run(1000, steady(400, 50));
    t.true(isNear(threads.auto.bound, 40, 0.2), `heavy: ${threads.auto.bound}`);
    threads.run(1000, steady(400, 50));
  }
});

test('a low bound does not keep itself low: cheap bursts after a heavy load', (t) => {
  const threads = new SimulatedThreads(4);
  threads.run(3000, steady(400, 50));
  t.true(threads.auto.bound < 50);
  threads.run(500, () => []);
  // 100 at once, 20 times a second: more than the bound lets wait, and the threads idle most of the time.
  threads.run(1000, bursts(100, 50, 0.5));
  t.true(threads.auto.bound > 1000, String(threads.auto.bound));
  const { refused } = threads;
  threads.run(2000, bursts(100, 50, 0.5));
  t.is(threads.refused, refused);
});

test('a few heavy requests on idle threads do not lower it', (t) => {
  const threads = new SimulatedThreads(4);
  threads.run(1500, steady(12_000, 0.5));
  const { bound } = threads.auto;
  threads.run(1000, () => []);
  threads.run(3000, steady(20, 50));
  t.true(isNear(threads.auto.bound, bound, 0.01), `${bound}, then ${threads.auto.bound}`);
});

test('requests that take longer than the time: two a thread', (t) => {
  const threads = new SimulatedThreads(2);
  threads.run(10_000, steady(10, 2000));
  t.is(threads.auto.bound, 4);
});

test('what was seen before a pause counts no more', (t) => {
  const auto = new AutoPending(1, 500);
  const look = (served: number): void => auto.note({ ms: LOOK_MS, threadMs: LOOK_MS, busyMs: LOOK_MS, served });
  for (let nth = 0; nth < 5; nth += 1) look(100);
  t.is(auto.ratePerSecond, 1000);
  auto.pause(500);
  look(1);
  look(1);
  t.is(auto.ratePerSecond, 1000, 'not believed yet');
  look(1);
  t.is(auto.ratePerSecond, 10, 'of the new looks alone');
});

test('a low bound is forgotten when the threads have not all been busy for a second; a high one stays', (t) => {
  for (const [served, fresh, stale] of [
    [1, 5, 1024],
    [1000, 5000, 5000],
  ] as const) {
    const auto = new AutoPending(1, 500);
    const look = (busyMs: number): void => auto.note({ ms: LOOK_MS, threadMs: LOOK_MS, busyMs, served });
    for (let nth = 0; nth < 5; nth += 1) look(LOOK_MS);
    t.is(auto.bound, fresh);
    for (let nth = 0; nth < 9; nth += 1) auto.note({ ms: LOOK_MS, threadMs: LOOK_MS, busyMs: 0, served: 0 });
    t.is(auto.bound, fresh);
    auto.pause(500);
    t.is(auto.bound, stale);
    for (let nth = 0; nth < 5; nth += 1) look(LOOK_MS);
    t.is(auto.bound, fresh);
  }
});
