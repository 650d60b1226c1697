/**
 * `req` and `res` against node:http: every event with its flags, and every byte on the wire, over all
 * scenarios. What differs must be listed with its reason, and what is listed must differ.
 */
import test from 'ava';
import { type Comparison, compareAll, describeDifference } from '../helpers/fidelity/compare.ts';
import { expectedDifferences } from '../helpers/fidelity/known-differences.ts';
import type { Scenario } from '../helpers/fidelity/scenario.ts';
import { scenarios } from '../helpers/fidelity/scenarios.ts';
import { Side } from '../helpers/fidelity/sides.ts';

/** 133 of 145, as a share. */
const IDENTICAL_SHARE = 133 / 145;

const isKnown = (scenario: Scenario): boolean => expectedDifferences.has(scenario.name);

const simple = scenarios.filter(({ only }) => only === undefined);

/** What a reader needs to see of a run that is not as the list of known differences says. */
const surprises = (comparisons: readonly Comparison[]): string =>
  comparisons
    .filter(({ scenario, isIdentical }) => isIdentical === isKnown(scenario))
    .map((comparison) =>
      comparison.isIdentical
        ? `${comparison.scenario.name} is listed as a known difference and does not differ`
        : describeDifference(comparison),
    )
    .join('\n\n');

test('scenarios have names of their own', (t) => {
  const names = scenarios.map(({ name }) => name);
  t.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
  t.true(names.length >= 145);
});

test('known differences are about scenarios that exist', (t) => {
  const names = new Set(scenarios.map(({ name }) => name));
  t.deepEqual(
    [...expectedDifferences].filter((name) => !names.has(name)),
    [],
  );
});

test('a lent request behaves as one of node:http', async (t) => {
  const [plain, ours] = await Promise.all([Side.startHost('plain'), Side.startHost('in-process')]);
  t.teardown(() => Promise.all([plain.close(), ours.close()]));
  const [comparisons = []] = await compareAll(simple, plain, [{ side: ours, isKnown }]);
  t.is(comparisons.length, simple.length);
  t.is(surprises(comparisons), '');
  const identical = comparisons.filter(({ isIdentical }) => isIdentical).length;
  t.log(`${identical} of ${comparisons.length} scenarios identical on Node ${process.versions.node}`);
  t.true(identical / comparisons.length >= IDENTICAL_SHARE);
});
