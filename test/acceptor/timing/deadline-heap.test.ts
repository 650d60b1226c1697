import test from 'ava';
import { DeadlineHeap, type Due } from '../../../src/acceptor/timing/deadline-heap.ts';
import { Random, seedFromEnvironment } from '../../helpers/random.ts';

const item = (): Due => ({ dueAt: 0, heapIndex: -1 });

test('the earliest comes first, only when its time has come, and once', (t) => {
  const heap = new DeadlineHeap<Due>();
  const [early, late] = [item(), item()];
  t.true(heap.schedule(late, 20), 'the first one is the earliest');
  t.true(heap.schedule(early, 10));
  t.is(heap.nextAt, 10);
  t.is(heap.takeDue(9), undefined);
  t.is(heap.takeDue(10), early);
  t.is(early.heapIndex, -1);
  t.is(heap.takeDue(10), undefined);
  t.is(heap.takeDue(25), late);
  t.is(heap.nextAt, undefined);
  t.is(heap.size, 0);
});

test('an earlier time counts, a later one does not', (t) => {
  const heap = new DeadlineHeap<Due>();
  const [one, other] = [item(), item()];
  heap.schedule(one, 10);
  heap.schedule(other, 20);
  t.false(heap.schedule(one, 30));
  t.is(one.dueAt, 10);
  t.false(heap.schedule(other, 15), 'still not the earliest');
  t.true(heap.schedule(other, 5));
  t.is(heap.nextAt, 5);
  t.is(heap.size, 2);
});

test('what is removed does not come up, and may be put in again', (t) => {
  const heap = new DeadlineHeap<Due>();
  const items = [5, 3, 8, 1].map((dueAt) => {
    const due = item();
    heap.schedule(due, dueAt);
    return due;
  });
  heap.remove(items[3] as Due);
  heap.remove(items[3] as Due);
  t.is(heap.nextAt, 3);
  heap.schedule(items[3] as Due, 4);
  t.deepEqual(
    [heap.takeDue(9), heap.takeDue(9), heap.takeDue(9), heap.takeDue(9)],
    [items[1], items[3], items[0], items[2]],
  );
});

test('any order of putting in, changing and removing comes out in order', (t) => {
  const seed = seedFromEnvironment();
  const random = new Random(seed);
  const heap = new DeadlineHeap<Due>();
  const within = new Set<Due>();
  const all = Array.from({ length: 200 }, item);
  for (let step = 0; step < 20_000; step += 1) {
    const due = random.pick(all);
    const choice = random.integer(0, 3);
    if (choice === 0) {
      heap.remove(due);
      within.delete(due);
    } else if (choice === 1) {
      const earliest = Math.min(...[...within].map(({ dueAt }) => dueAt));
      const taken = heap.takeDue(500);
      if (taken === undefined ? earliest <= 500 : taken.dueAt !== earliest) t.fail(`seed ${seed}, step ${step}`);
      if (taken !== undefined) within.delete(taken);
    } else {
      heap.schedule(due, random.integer(0, 999));
      within.add(due);
    }
    if (heap.size !== within.size) return t.fail(`seed ${seed}, step ${step}`);
  }
  let last = 0;
  for (let due = heap.takeDue(1000); due !== undefined; due = heap.takeDue(1000)) {
    t.true(due.dueAt >= last);
    last = due.dueAt;
    within.delete(due);
  }
  t.is(within.size, 0);
});
