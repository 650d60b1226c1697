/** What of earlier runs of the fault bench stays beside a later one, and what is not measured again. */
import test from 'ava';
import {
  findRecord,
  inOrder,
  isSameMeasurement,
  NO_RECORDS,
  withFailure,
  withLeftOut,
  withRecord,
  type FaultRecords,
} from '../../../bench/faults/records.ts';
import { CONDITIONS, LOAD, recordAt } from './made-up.ts';

const throwAtWatt = { fault: 'throw', contender: 'watt' };
const namesOf = ({ records, leftOut }: FaultRecords): readonly string[] => [
  ...records.map(({ result }) => `${result.fault} ${result.contender}`),
  ...leftOut.map(({ fault, contender, reason }) => `${fault} ${contender}: ${reason}`),
];

test('a result takes the place of the one for the same fault and server, and no other', (t) => {
  const before = [recordAt('hyperion', 'throw'), recordAt('watt', 'throw'), recordAt('watt', 'exit')];
  const later = recordAt('watt', 'throw', { finishedAt: '2026-02-02T00:00:00.000Z' });
  const all = withRecord({ records: before, leftOut: [] }, later);
  t.deepEqual(namesOf(all), ['throw hyperion', 'exit watt', 'throw watt']);
  t.is(findRecord(all, throwAtWatt), later);
  t.is(findRecord(all, { fault: 'hang', contender: 'watt' }), undefined);
});

test('what is measured is no longer left out', (t) => {
  const other = { fault: 'exit', contender: 'watt', reason: 'not installed' };
  const before: FaultRecords = { records: [], leftOut: [{ ...throwAtWatt, reason: 'not installed' }, other] };
  t.deepEqual(namesOf(withRecord(before, recordAt('watt', 'throw'))), ['throw watt', 'exit watt: not installed']);
});

test('what cannot be measured now keeps the result that it has, without a reason', (t) => {
  const leftOut = { ...throwAtWatt, reason: 'not installed' };
  const measured = withRecord(NO_RECORDS, recordAt('watt', 'throw'));
  t.deepEqual(namesOf(withLeftOut(measured, leftOut)), ['throw watt']);
  const twice = withLeftOut(withLeftOut(NO_RECORDS, leftOut), { ...leftOut, reason: 'needs Node 22' });
  t.deepEqual(namesOf(twice), ['throw watt: needs Node 22']);
});

test('where a measurement fails, no older result stands for it', (t) => {
  const measured = withRecord(NO_RECORDS, recordAt('watt', 'throw'));
  t.deepEqual(namesOf(withFailure(measured, { ...throwAtWatt, reason: 'no answer' })), ['throw watt: no answer']);
});

test('faults in their order, servers in theirs; what there is no longer is dropped', (t) => {
  const records = [recordAt('watt', 'throw'), recordAt('watt', 'exit'), recordAt('hyperion', 'exit')];
  const gone = [recordAt('watt', 'flood'), recordAt('deno', 'exit')];
  const leftOut = [
    { fault: 'flood', contender: 'watt', reason: 'dry' },
    { fault: 'throw', contender: 'hyperion', reason: 'none' },
  ];
  const ordered = inOrder(
    { records: [...gone, ...records], leftOut },
    [{ name: 'throw' }, { name: 'exit' }],
    [{ name: 'hyperion' }, { name: 'watt' }],
  );
  t.deepEqual(namesOf(ordered), ['throw watt', 'exit hyperion', 'exit watt', 'throw hyperion: none']);
});

test('the same code, Node, machine and load are not measured again, however busy the machine is', (t) => {
  const one = { conditions: CONDITIONS, load: LOAD };
  const busier = { ...CONDITIONS, machine: { ...CONDITIONS.machine, loadBefore: 3 } };
  t.true(isSameMeasurement(one, { conditions: busier, load: { ...LOAD } }));
  for (const change of [{ source: 'abd' }, { node: '24.0.0' }, { machine: { ...CONDITIONS.machine, cores: 4 } }]) {
    t.false(isSameMeasurement(one, { conditions: { ...CONDITIONS, ...change }, load: LOAD }), JSON.stringify(change));
  }
  for (const name of ['seconds', 'perSecond', 'connections', 'threads'] as const) {
    t.false(isSameMeasurement(one, { conditions: CONDITIONS, load: { ...LOAD, [name]: 1 } }), name);
  }
});
