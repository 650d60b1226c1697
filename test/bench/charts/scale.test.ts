import test from 'ava';
import { linearScale, linearTicks, logScale, logTicks, spreadApart } from '../../../bench/charts/scale.ts';

test('linear ticks are round numbers from 0 to above the largest value', (t) => {
  t.deepEqual(linearTicks(97), [0, 20, 40, 60, 80, 100]);
  t.deepEqual(linearTicks(0.3, 3), [0, 0.1, 0.2, 0.3]);
  t.deepEqual(linearTicks(0), [0, 1]);
});

test('logarithmic ticks are the powers of ten around the values', (t) => {
  t.deepEqual(logTicks(0.23, 40), [0.1, 1, 10, 100]);
  t.deepEqual(logTicks(1, 10), [1, 10]);
  t.deepEqual(logTicks(5, 5), [1, 10]);
});

test('scales lead from the first to the last tick', (t) => {
  const linear = linearScale(97, 200, 100);
  t.is(linear.at(0), 200);
  t.is(linear.at(100), 100);
  const log = logScale(0.23, 40, 0, 300);
  t.is(Math.round(log.at(1)), 100);
  t.is(Math.round(log.at(100)), 300);
  t.is(log.at(0), 0);
});

test('labels are moved apart, in their order and inside their space', (t) => {
  t.deepEqual(spreadApart([50, 52, 10], 10, 0, 100), [50, 60, 10]);
  t.deepEqual(spreadApart([99, 98, 97], 10, 0, 100), [100, 90, 80]);
});
