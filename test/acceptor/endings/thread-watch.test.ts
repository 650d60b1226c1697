import test from 'ava';
import { judgeBeat, ThreadWatch } from '../../../src/acceptor/endings/thread-watch.ts';
import { beat, resetLine } from '../../../src/shared/memory/thread-line.ts';
import { createShared } from '../../helpers/shared-memory.ts';

const LIMIT = 1000;
const T = 1_000_000;

test('a thread is held when two looks find the same old beat', (t) => {
  t.is(judgeBeat(undefined, undefined, LIMIT, T), 'alive', 'one that has not begun to beat');
  t.is(judgeBeat(T, undefined, LIMIT, T + LIMIT - 1), 'alive');
  t.is(judgeBeat(T, undefined, LIMIT, T + LIMIT), 'suspect');
  t.is(judgeBeat(T, T, LIMIT, T + LIMIT + 100), 'held');
  // The looks are not at the same fraction of a millisecond.
  t.is(judgeBeat(T + 0.7, T, LIMIT, T + LIMIT + 100), 'held');
});

test('a stall of the whole process is nobody’s fault: the thread beats before the next look', (t) => {
  t.is(judgeBeat(T, undefined, LIMIT, T + 60_000), 'suspect');
  t.is(judgeBeat(T + 60_001, T, LIMIT, T + 60_100), 'alive');
  t.is(judgeBeat(T + 60_001, T, LIMIT, T + 130_000), 'suspect', 'stalled again');
});

const watch = () => {
  const { memory, layout } = createShared();
  const held: [line: number, heldMs: number][] = [];
  const whenHeld = (line: number, heldMs: number): void => void held.push([line, Math.round(heldMs)]);
  return { memory, layout, held, threadWatch: new ThreadWatch({ memory, layout, handlerTimeoutMs: LIMIT, whenHeld }) };
};

test('it is told of once, and of the next thread on its line again', (t) => {
  const { memory, layout, held, threadWatch } = watch();
  t.teardown(() => threadWatch.close());
  beat(memory, layout, 1, T);
  beat(memory, layout, 2, T);
  threadWatch.look(T + 500);
  beat(memory, layout, 1, T + 600);
  for (const at of [1000, 1125, 1250, 1375]) threadWatch.look(T + at);
  t.deepEqual(held, [[2, 1125]]);
  threadWatch.forget(2);
  resetLine(memory, layout, 2);
  threadWatch.look(T + 1500);
  beat(memory, layout, 2, T + 1500);
  for (const at of [1600, 2500, 2625]) threadWatch.look(T + at);
  t.deepEqual(held, [
    [2, 1125],
    [1, 1900],
    [2, 1125],
  ]);
});
