/** The page of the faults: its summary, what it says of the conditions, and what is left out. */
import test from 'ava';
import { formatFaultPage } from '../../../bench/faults/page.ts';
import { describeLeftOut, describePlaces } from '../../../bench/faults/places.ts';
import { NO_RECORDS, type FaultRecord, type FaultRecords, type Place } from '../../../bench/faults/records.ts';
import { FAULTS } from '../../../bench/faults/faults.ts';
import { CONDITIONS, LOAD, recordAt, resultAt } from './made-up.ts';

const CONTENDERS = [{ name: 'hyperion' }, { name: 'node:cluster' }, { name: 'watt' }];
const pageOf = (all: FaultRecords): string => formatFaultPage(FAULTS, CONTENDERS, all);

const failing: FaultRecord = recordAt('node:cluster', 'exit', {
  result: {
    ...resultAt(
      { fault: 'exit', contender: 'node:cluster' },
      { unanswered: { reset: 1_200, closed: 30, 'given-up': 3, unconnected: 1 }, idleLost: { reset: 4, closed: 50 } },
    ),
    hasDied: true,
  },
});

test('the page begins with a row for each fault that was measured', (t) => {
  const page = pageOf({ records: [failing, recordAt('hyperion', 'exit'), recordAt('hyperion', 'throw')], leftOut: [] });
  const head = page.slice(0, page.indexOf('\n## '));
  const rows = head.split('\n').filter((line) => line.startsWith('|'));
  t.deepEqual(rows, [
    '| fault | hyperion | node:cluster | p95 of hyperion without / with, ms |',
    '| --- | --- | --- | --- |',
    '| [throw](#throw): a timer throws in a thread | 0 + 0 | - | 2.0 / 2.0 |',
    '| [exit](#exit): a thread calls `process.exit()` | 0 + 0 | 1,234 + 54, ended | 2.0 / 2.0 |',
  ]);
  t.true(head.includes('connections lost, of 30,000 requests in each cell.'));
  t.regex(head, /hyperion keeps what it promises with each of the 2 faults/);
  t.true(page.indexOf('## throw\n') < page.indexOf('## exit\n'));
  t.notRegex(page, /NaN|undefined|Infinity/);
});

test('a broken promise stands above the tables, and times that say nothing are marked', (t) => {
  const lossy = resultAt({ fault: 'throw', contender: 'hyperion' }, { idleLost: { reset: 0, closed: 1 } });
  const late = resultAt({ fault: 'exit', contender: 'hyperion' }, { sentLateP95Ms: 60, p95Ms: 900 });
  const unanswered = { reset: 0, closed: 0, 'given-up': 2, unconnected: 0 };
  const impatient = resultAt({ fault: 'exit', contender: 'watt' }, { sentLateP95Ms: 60, unanswered });
  const page = pageOf({
    records: [
      recordAt('hyperion', 'throw', { result: lossy }),
      recordAt('hyperion', 'exit', { result: late }),
      recordAt('watt', 'exit', { result: impatient }),
    ],
    leftOut: [],
  });
  t.true(page.includes('hyperion breaks a promise with [throw](#throw) (1 connections lost).'));
  t.true(page.includes('| 0 + 0 | 2 + 0 (?) | 2.0 / 900.0 (?) |'));
  t.true(page.includes('- (?): '));
});

test('one list of conditions, or one for each that differs', (t) => {
  const kept = recordAt('hyperion', 'throw');
  const busier = { ...CONDITIONS, machine: { ...CONDITIONS.machine, loadBefore: 1.5 } };
  const resumed = recordAt('hyperion', 'exit', { conditions: busier, finishedAt: '2026-01-01T01:02:00.000Z' });
  const together = pageOf({ records: [kept, resumed], leftOut: [] });
  t.regex(together, /load before 1\.50 \(of several runs, the highest\)/);
  t.regex(together, /Finished from 2026-01-01 00:00 to 2026-01-01 01:02 UTC/);
  t.notRegex(together, /\nOf /);
  const short = recordAt('watt', 'throw', { load: { ...LOAD, seconds: 3 } });
  const apart = pageOf({ records: [kept, resumed, short], leftOut: [] });
  t.regex(apart, /Of hyperion:\n\n- Load: .* goes on for 60 s/);
  t.regex(apart, /Of watt:\n\n- Load: .* goes on for 3 s/);
  t.regex(apart, /- Watt 3\.0\.0\./);
});

test('a page of nothing says so', (t) => {
  t.true(pageOf(NO_RECORDS).includes('Nothing has been measured yet.'));
});

const ALL: Place[] = ['throw', 'exit', 'hang'].flatMap((fault) =>
  CONTENDERS.map(({ name }) => ({ fault, contender: name })),
);
const some = (wanted: (place: Place) => boolean): string => describePlaces(ALL.filter(wanted), ALL);

test('many places in few words', (t) => {
  t.is(
    some(({ contender }) => contender !== 'hyperion'),
    'node:cluster, watt',
  );
  t.is(
    some(({ fault }) => fault !== 'throw'),
    'exit, hang',
  );
  t.is(
    some(({ fault, contender }) => fault === 'exit' && contender === 'watt'),
    'watt with exit',
  );
  t.is(
    some(({ fault, contender }) => contender === 'hyperion' || fault === 'exit'),
    'hyperion; node:cluster, watt with exit',
  );
});

test('a line for each reason', (t) => {
  const leftOut = [
    ...ALL.filter(({ contender }) => contender === 'watt').map((place) => ({ ...place, reason: 'not installed' })),
    { fault: 'exit', contender: 'node:cluster', reason: 'no answer' },
  ];
  t.deepEqual(describeLeftOut(leftOut, ALL), ['watt: not installed', 'node:cluster with exit: no answer']);
  t.true(pageOf({ records: [], leftOut }).includes('Left out: node:cluster with exit: no answer.'));
});
