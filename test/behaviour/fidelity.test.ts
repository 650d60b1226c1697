/**
 * `req` and `res` against node:http: every event with its flags, and every byte on the wire, over all
 * scenarios. What differs must be listed with its reason, and what is listed must differ.
 */
import test from 'ava';
import { type ComparedSide, type Comparison, compareAll, describeDifference } from '../helpers/fidelity/compare.ts';
import { type LoanKind, expectedDifferences, knownDifferences } from '../helpers/fidelity/known-differences.ts';
import { forgiveReturn } from '../helpers/fidelity/returned-sockets.ts';
import type { Scenario } from '../helpers/fidelity/scenario.ts';
import { scenarios } from '../helpers/fidelity/scenarios.ts';
import { ServerSide } from '../helpers/fidelity/server-side.ts';
import { Side } from '../helpers/fidelity/sides.ts';

/** What each kind of loan must reach: 133 of 145, as a share. */
const IDENTICAL_SHARE = 133 / 145;

/** Makes a head not simple, so that its connection is lent, and means nothing to an app. */
const NOT_SIMPLE = ['TE: trailers'];

const known = { request: expectedDifferences('request'), connection: expectedDifferences('connection') };

const isKnown = ({ name }: Scenario, loan: LoanKind): boolean => known[loan].has(name);

/** What a reader needs to see where a run is not as the list of known differences says. */
const surprises = (comparisons: readonly Comparison[], loan: LoanKind): string =>
  comparisons
    .filter(({ scenario, isIdentical }) => isIdentical === isKnown(scenario, loan))
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

test('known differences are about scenarios that exist, each once', (t) => {
  const names = new Set(scenarios.map(({ name }) => name));
  const listed = knownDifferences.flatMap(({ scenarios: some }) => some);
  t.deepEqual(
    listed.filter((name) => !names.has(name)),
    [],
  );
  t.is(new Set(listed).size, listed.length);
});

test('a lent request behaves as one of node:http, on both kinds of loan', async (t) => {
  const [plain, inProcess, server] = await Promise.all([
    Side.startHost('plain'),
    Side.startHost('in-process'),
    ServerSide.start('server'),
  ]);
  t.teardown(() => Promise.all([plain.close(), inProcess.close(), server.close()]));
  const others: ComparedSide[] = [
    { title: 'request loans in one thread', loan: 'request', side: inProcess, extraHeaders: [] },
    { title: 'request loans of the server', loan: 'request', side: server, extraHeaders: [] },
    {
      title: 'connection loans of the server',
      loan: 'connection',
      side: server,
      extraHeaders: NOT_SIMPLE,
      forgive: forgiveReturn,
    },
  ];
  for (const [{ title, loan }, comparisons] of await compareAll(scenarios, plain, others, isKnown)) {
    t.is(surprises(comparisons, loan), '', title);
    const all = scenarios.filter(({ only }) => only === undefined || only === loan).length;
    const identical = comparisons.filter(({ isIdentical }) => isIdentical).length;
    t.is(comparisons.length, all);
    t.log(`${title}: ${identical} of ${all} identical on Node ${process.versions.node}`);
    t.true(identical / all >= IDENTICAL_SHARE);
  }
});
