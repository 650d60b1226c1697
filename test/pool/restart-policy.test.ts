import test from 'ava';
import { restartPauseMs } from '../../src/pool/restart-policy.ts';

test('a thread that had been ready is replaced at once', (t) => {
  t.is(restartPauseMs(0), 0);
});

test('one that dies while it starts is tried again after 0.1 s, then twice as long each time, at most 30 s', (t) => {
  t.deepEqual([1, 2, 3, 4].map(restartPauseMs), [100, 200, 400, 800]);
  t.is(restartPauseMs(9), 25_600);
  for (const failedStarts of [10, 11, 1000, 1e6]) t.is(restartPauseMs(failedStarts), 30_000);
});
