import test from 'ava';
import { quantile, quartiles, range, ratiosOf } from '../../bench/statistics.ts';

test('quartiles lie between the nearest values', (t) => {
  t.deepEqual(quartiles([4, 1, 3, 2, 5]), { low: 2, middle: 3, high: 4 });
  t.deepEqual(quartiles([1, 2]), { low: 1.25, middle: 1.5, high: 1.75 });
  t.is(quantile([7], 0.9), 7);
  t.true(Number.isNaN(quantile([], 0.5)));
});

test('the range has the median in its middle', (t) => {
  t.deepEqual(range([3, 1, 8, 2]), { low: 1, middle: 2.5, high: 8 });
});

test('ratios are taken round by round, and a round without its pair is left out', (t) => {
  t.deepEqual(ratiosOf([2, 9, 5], [1, 3]), [2, 3]);
  t.deepEqual(ratiosOf([2], [1, 3]), [2]);
});
