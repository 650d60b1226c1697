import test from 'ava';
import { afterDeath, NEW_PLACE, type PlaceHistory, restartPauseMs } from '../../src/pool/restart-policy.ts';

const after = (lives: readonly (number | undefined)[]): PlaceHistory => lives.reduce(afterDeath, NEW_PLACE);

const pauseAfter = (lives: readonly (number | undefined)[]): number => restartPauseMs(after(lives));

test('a thread that had been ready is replaced at once', (t) => {
  t.is(pauseAfter([60_000]), 0);
  t.is(pauseAfter([5]), 0);
  t.is(pauseAfter(Array.from({ length: 1000 }, () => 1000)), 0);
});

test('one that dies while it starts is tried again after 0.1 s, then twice as long each time, at most 30 s', (t) => {
  const pauseOfNth = (nth: number): number => pauseAfter(Array.from({ length: nth }, () => undefined));
  t.deepEqual([1, 2, 3, 4].map(pauseOfNth), [100, 200, 400, 800]);
  t.is(pauseOfNth(9), 25_600);
  for (const nth of [10, 11, 1000]) t.is(pauseOfNth(nth), 30_000);
  t.is(pauseAfter([undefined, undefined, 2000]), 0, 'it has been ready since');
});

test('one that dies right after it is ready, more than ten times in a row, is paused for at most half a second', (t) => {
  const pauseOfNth = (nth: number): number => pauseAfter(Array.from({ length: nth }, () => 50));
  t.deepEqual([1, 10, 11, 12, 13, 14, 1000].map(pauseOfNth), [0, 0, 100, 200, 400, 500, 500]);
  t.is(pauseAfter([...Array.from({ length: 20 }, () => 50), 1000, 50]), 0, 'one whole second of service starts anew');
});
