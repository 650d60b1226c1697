import test from 'ava';
import {
  compare,
  LoadSampler,
  type ThreadPast,
  type ThreadSight,
} from '../../../src/acceptor/admission/load-sampler.ts';
import type { Look } from '../../../src/acceptor/admission/auto-pending.ts';
import { addRunning, announceClaim, countClaim, countServed } from '../../../src/shared/memory/thread-line.ts';
import { createShared, type SharedForTest } from '../../helpers/shared-memory.ts';

const sight = (idleMs: number, served: number, isFull = false): ThreadSight => ({ idleMs, served, isFull });

/** Threads that are warm. */
const warm = (...lines: number[]): Map<number, ThreadPast> =>
  new Map(lines.map((line) => [line, { served: 1000, busyMs: 0 }]));

test('busy is what is not idle', (t) => {
  const before = new Map([
    [1, sight(0, 0)],
    [2, sight(500, 7)],
  ]);
  const now = new Map([
    [1, sight(25, 3)],
    [2, sight(600, 7)],
  ]);
  t.deepEqual(compare(before, now, warm(1, 2, 3, 4), 100), { ms: 100, threadMs: 200, busyMs: 75, served: 3 });
});

test('a full thread is busy though its event loop idles', (t) => {
  const full = compare(new Map([[1, sight(0, 0, true)]]), new Map([[1, sight(99, 4, true)]]), warm(1), 100);
  t.is(full.busyMs, 100);
  const half = compare(new Map([[1, sight(0, 0, true)]]), new Map([[1, sight(99, 4)]]), warm(1), 100);
  t.is(half.busyMs, 50);
});

test('a thread that came, went, or took the place of another is left out', (t) => {
  const before = new Map([
    [1, sight(10, 5)],
    [2, sight(10, 5)],
    [3, sight(1000, 5)],
  ]);
  const now = new Map([
    [1, sight(20, 6)],
    [3, sight(5, 9)],
    [4, sight(5, 0)],
  ]);
  t.deepEqual(compare(before, now, warm(1, 2, 3, 4), 100), { ms: 100, threadMs: 100, busyMs: 90, served: 1 });
});

test('counts that wrap and idle times that overtake the clock do no harm', (t) => {
  const before = new Map([[1, sight(0, 0x7fff_ffff)]]);
  const now = new Map([[1, sight(101, -0x8000_0000)]]);
  t.deepEqual(compare(before, now, warm(1, 2, 3, 4), 100), { ms: 100, threadMs: 100, busyMs: 0, served: 1 });
});

test('a thread counts after its first 512 requests, or after five busy seconds', (t) => {
  for (const [requests, idleMs, looks] of [
    [128, 90, 4],
    [0, 0, 50],
  ] as const) {
    const pasts = new Map<number, ThreadPast>();
    const at = (look: number): Map<number, ThreadSight> => new Map([[1, sight(look * idleMs, look * requests)]]);
    for (let look = 0; look < looks; look += 1) {
      t.like(compare(at(look), at(look + 1), pasts, 100), { ms: 100, threadMs: 0, busyMs: 0, served: 0 });
    }
    t.like(compare(at(looks), at(looks + 1), pasts, 100), { threadMs: 100, busyMs: 100 - idleMs, served: requests });
    // Another thread on the same line begins anew.
    compare(at(looks + 1), new Map([[1, sight(-1, 0)]]), pasts, 100);
    t.is(pasts.get(1), undefined);
  }
});

const serve = ({ memory, layout }: SharedForTest, line: number): void => {
  countClaim(memory, layout, line, announceClaim(memory, layout, line, 0));
  countServed(memory, layout, line);
};

test('looks while there is traffic, and no longer', async (t) => {
  const shared = createShared();
  const { memory, layout } = shared;
  let idleMs = 0;
  let starts = 0;
  const looks: Look[] = [];
  let whenLooked: () => void = () => {};
  const sampler = new LoadSampler({
    memory,
    layout,
    concurrencyPerThread: 2,
    idleTimes: () => [[1, idleMs]],
    hasPending: () => false,
    onStart: () => (starts += 1),
    onLook: (look) => {
      looks.push(look);
      whenLooked();
    },
  });
  t.teardown(() => sampler.close());
  // Its timer alone would not keep the process.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const nextLook = (): Promise<void> => new Promise((resolve) => (whenLooked = resolve));

  sampler.wake();
  sampler.wake();
  for (let nth = 0; nth < 512; nth += 1) serve(shared, 1);
  await nextLook();
  t.is(starts, 1);
  t.is(looks[0]?.served, 0, 'cold');
  serve(shared, 1);
  serve(shared, 1);
  await nextLook();
  t.is(looks[1]?.served, 2);
  t.is(looks[1]?.busyMs, looks[1]?.ms);

  addRunning(memory, layout, 1, 2);
  idleMs += 60_000;
  sampler.wake();
  await nextLook();
  t.is(looks[2]?.served, 0);
  t.is(looks[2]?.busyMs, (looks[2]?.ms ?? 0) / 2, 'full at the end');
  t.is(starts, 1, 'it has not stopped before');

  // Nothing was taken and nothing served: that was the last look. It starts anew with what comes.
  sampler.wake();
  t.is(starts, 2);
  serve(shared, 1);
  await nextLook();
  t.is(looks[3]?.served, 1);
});

test('looks on while something waits, though nothing is served', async (t) => {
  const { memory, layout } = createShared();
  let looks = 0;
  let whenLooked: () => void = () => {};
  const sampler = new LoadSampler({
    memory,
    layout,
    concurrencyPerThread: 2,
    idleTimes: () => [[1, 0]],
    hasPending: () => looks < 2,
    onStart: () => {},
    onLook: () => {
      looks += 1;
      whenLooked();
    },
  });
  t.teardown(() => sampler.close());
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  sampler.wake();
  for (let nth = 0; nth < 2; nth += 1) await new Promise<void>((resolve) => (whenLooked = resolve));
  t.is(looks, 2);
});
