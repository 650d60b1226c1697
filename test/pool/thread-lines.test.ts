import test from 'ava';
import { ThreadLines } from '../../src/pool/thread-lines.ts';

test('lines are given out lowest first, and again once they are back', async (t) => {
  const lines = new ThreadLines(4);
  t.deepEqual(await lines.take(2), [1, 2]);
  t.is(lines.tryTake(), 3);
  lines.giveBack(2);
  t.is(lines.tryTake(), 2);
  t.is(lines.tryTake(), 4);
  t.is(lines.tryTake(), undefined);
});

test('whoever wants many waits for them, and nobody is served before', async (t) => {
  const lines = new ThreadLines(3);
  t.deepEqual(await lines.take(2), [1, 2]);
  const order: string[] = [];
  const many = lines.take(3).then((taken) => (order.push('many'), taken));
  const one = lines.take(1).then((taken) => (order.push('one'), taken));
  t.is(lines.tryTake(), undefined, 'one is free, and waited for');
  lines.giveBack(2);
  lines.giveBack(1);
  t.deepEqual(await many, [1, 2, 3]);
  lines.giveBack(3);
  t.deepEqual(await one, [3]);
  t.deepEqual(order, ['many', 'one']);
});
