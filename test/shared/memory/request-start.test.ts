import test from 'ava';
import { clearStart, noteStart, startOf } from '../../../src/shared/memory/request-start.ts';
import { createShared } from '../../helpers/shared-memory.ts';

test('a start is found again until it is cleared, for each connection', (t) => {
  const { memory, layout } = createShared();
  t.is(startOf(memory, layout, 3, 5000), undefined);
  // Also where the low bits of the clock are 0.
  for (const at of [1234, 2 ** 32, 2 ** 33 + 77]) {
    noteStart(memory, layout, 3, at);
    t.true(Math.abs((startOf(memory, layout, 3, at + 900) ?? 0) - at) <= 1, String(at));
  }
  t.is(startOf(memory, layout, 4, 5000), undefined);
  clearStart(memory, layout, 3);
  t.is(startOf(memory, layout, 3, 5000), undefined);
});
