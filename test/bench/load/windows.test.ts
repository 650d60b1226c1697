import test from 'ava';
import { answersPerSecond, p90OfWindows, percentAbove, splitIntoWindows } from '../../../bench/load/windows.ts';

const span = { fromMs: 1000, untilMs: 2700, windowMs: 500 };

const request = (atMs: number, tookMs = 1): { atMs: number; tookMs: number } => ({ atMs, tookMs });

test('a window has its beginning and not its end; what lies before the first or after the last whole one is left out', (t) => {
  const requests = [999.9, 1000, 1499.9, 1500, 2499.9, 2500, 2600].map((atMs) => request(atMs));
  const windows = splitIntoWindows(requests, span, ({ atMs }) => atMs);
  t.deepEqual(
    windows.map((window) => window.map(({ atMs }) => atMs)),
    [[1000, 1499.9], [1500], [2499.9]],
  );
});

test('a phase that ends before its first window is whole has none', (t) => {
  t.deepEqual(p90OfWindows([request(1100)], { ...span, untilMs: 1400 }), []);
  t.deepEqual(p90OfWindows([request(1100)], { ...span, untilMs: 400 }), []);
});

test('a rate counts an answer where it came, not where it was asked for', (t) => {
  t.deepEqual(answersPerSecond([request(900, 200), request(1400, 50), request(1400, 700)], span), [4, 0, 2]);
});

test('each window has a p90 of its own, and one in which nobody could ask is endlessly slow', (t) => {
  const nineQuick = Array.from({ length: 9 }, () => request(1100, 1));
  const first = [...nineQuick, request(1200, 60)];
  const second = [request(1600, 60), request(1700, 1)];
  const values = p90OfWindows([...first, ...second], span);
  t.deepEqual(values, [1, 60, Number.POSITIVE_INFINITY]);
  t.is(Math.round(percentAbove(values, 5)), 67);
  t.is(percentAbove([5], 5), 0);
});
