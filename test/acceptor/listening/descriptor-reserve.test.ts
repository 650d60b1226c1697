import { closeSync, openSync } from 'node:fs';
import test from 'ava';
import { comfortOf, countOpenDescriptors, reserveOf } from '../../../src/acceptor/listening/descriptor-reserve.ts';

test('5 % of the limit, at least 64, and no more than half of what there is', (t) => {
  t.is(reserveOf(256, 200), 64);
  t.is(reserveOf(1280, 1200), 64);
  t.is(reserveOf(20_000, 19_000), 1000);
  t.is(reserveOf(1_048_576, 1_000_000), 52_429);
  t.is(reserveOf(100, 60), 30);
});

test('it goes on with a quarter more than the reserve', (t) => {
  t.is(comfortOf(64), 80);
  t.is(comfortOf(0), 0);
});

test('without a limit there is no reserve', (t) => {
  t.is(reserveOf(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY), 0);
});

test('open descriptors are counted', (t) => {
  const before = countOpenDescriptors() ?? Number.NaN;
  const opened = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'));
  const after = countOpenDescriptors() ?? Number.NaN;
  for (const descriptor of opened) closeSync(descriptor);
  t.true(after - before >= 45 && after - before <= 55, `${before}, then ${after}`);
});
