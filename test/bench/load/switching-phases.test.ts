import test from 'ava';
import { helloRates, percentSlow, planPhases, type PhaseRecord } from '../../../bench/load/switching-phases.ts';

const kinds = (seconds: number): string =>
  planPhases(seconds, 1)
    .map(({ kind, lengthMs }) => `${kind} ${lengthMs}`)
    .join();

test('half a minute has six phases of five seconds, a shorter run shorter and then fewer ones', (t) => {
  t.is(kinds(30), 'hello 5000,mixed 5000,hello 5000,mixed 5000,hello 5000,mixed 5000');
  t.is(planPhases(15, 1).length, 6);
  t.is(kinds(8), 'hello 2000,mixed 2000,hello 2000,mixed 2000');
  t.is(kinds(4), 'hello 2000,mixed 2000');
  t.is(kinds(1), 'hello 500,mixed 500');
});

test('no two phases of all rounds ask in the same sequence', (t) => {
  const seeds = [1, 2, 3].flatMap((round) => planPhases(30, round).map(({ seed }) => seed));
  t.is(new Set(seeds).size, 18);
});

/** A request each 10 ms; those from `slowFrom` to `slowUntil` take 20 ms, the others 1 ms. */
const record = (kind: 'hello' | 'mixed', slowFrom: number, slowUntil: number): PhaseRecord => ({
  phase: { kind, lengthMs: 5000, seed: 1 },
  requests: Array.from({ length: 500 }, (_, index) => ({
    atMs: index * 10,
    tookMs: index * 10 >= slowFrom && index * 10 < slowUntil ? 20 : 1,
  })),
});

test('slow windows are those of mixed phases, from a second after the switch on', (t) => {
  t.is(percentSlow([record('mixed', 0, 1000), record('hello', 0, 5000)]), 0);
  // Two of eight windows, and none of the other eight.
  t.is(percentSlow([record('mixed', 2000, 3000)]), 25);
  t.is(percentSlow([record('mixed', 2000, 3000), record('mixed', 0, 0)]), 12.5);
});

test('hello has the rate of its middle window and of its worst', (t) => {
  const whole = record('hello', 0, 0);
  const withPause = { ...whole, requests: whole.requests.filter(({ atMs }) => atMs < 3000 || atMs >= 3500) };
  const { middle, least } = helloRates([withPause, record('mixed', 0, 0)]);
  t.is(Math.round(middle), 100);
  t.is(least, 0);
});
