import test from 'ava';
import { afterRecycle, leastLifeMs } from '../../src/pool/recycle-policy.ts';

test('quick replacements are counted while they follow each other', (t) => {
  t.is(afterRecycle(0, 9999), 1);
  t.is(afterRecycle(4, 9999), 5);
  t.is(afterRecycle(4, 10_000), 0);
});

test('after a few quick ones a thread serves at least a second, then twice as long each time, up to a minute', (t) => {
  t.deepEqual([0, 1, 2].map(leastLifeMs), [0, 0, 0]);
  t.deepEqual([3, 4, 5, 8, 9, 50].map(leastLifeMs), [1000, 2000, 4000, 32_000, 60_000, 60_000]);
});
