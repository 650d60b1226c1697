import test from 'ava';
import { formatPage, type Measured } from '../../../bench/report/page.ts';
import { isSameRun, type Conditions } from '../../../bench/report/records.ts';
import { formatResult, ratioLines } from '../../../bench/report/table.ts';
import { findBetter } from '../../../bench/report/where-better.ts';
import { SCENARIOS } from '../../../bench/scenarios/index.ts';
import { resultOf } from '../charts/made-up.ts';

const conditions: Conditions = {
  machine: { processor: 'a processor', cores: 2, memoryGigabytes: 8, kernel: 'linux', loadBefore: 0 },
  node: '26.0.0',
  generatorNode: '20.0.0',
  versions: { fastify: '5.0.0' },
  form: 'quick',
  source: 'abc',
};

const measured: Measured[] = SCENARIOS.map((scenario) => ({
  scenario,
  record: {
    conditions,
    plan: { rounds: 3, seconds: 2, warmUpSeconds: 1 },
    finishedAt: '2026-01-01T00:00:00.000Z',
    result: resultOf(scenario),
  },
}));

test('the page has a table and the charts of every scenario, and says how it was made', (t) => {
  const page = formatPage(measured);
  for (const { scenario } of measured) {
    t.true(page.includes(`## ${scenario.title}\n`), scenario.name);
    for (const { name } of scenario.charts(resultOf(scenario))) t.true(page.includes(`(${name}.svg)`), name);
  }
  t.true(page.includes('Form of the run: quick'));
  t.true(page.includes('fastify 5.0.0'));
  t.true(page.includes('## Where a rival is better'));
  t.notRegex(page, /NaN|undefined/);
});

test('every row of a table has as many cells as its head', (t) => {
  for (const { scenario, record } of measured) {
    const lines = formatResult(record.result, scenario.figures ?? [], scenario.ratios ?? []).split('\n');
    let cells = 0;
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith('|')) continue;
      if (!lines[index - 1]?.startsWith('|')) cells = line.split('|').length;
      t.is(line.split('|').length, cells, line);
    }
  }
});

test('a rival that is better is found, in both directions of better', (t) => {
  const hello = SCENARIOS.find(({ name }) => name === 'hello');
  if (hello === undefined) throw new Error('no hello');
  // The made-up figures rise from row to row: node:http comes first, then hyperion, then bun.
  const better = findBetter(resultOf(hello)).map(({ rival, quality }) => `${rival}: ${quality}`);
  t.true(better.includes('node:http, 1 process: CPU us/request'));
  t.true(better.includes('bun, 1 process: requests/s'));
  t.false(better.includes('node:http, 1 process: requests/s'));
});

test('ratios have their quartiles and the number of pairs', (t) => {
  const loan = SCENARIOS.find(({ name }) => name === 'loan');
  if (loan === undefined) throw new Error('no loan');
  t.regex(
    ratioLines(resultOf(loan), [['hyperion', 'node:http']])[0] ?? '',
    /3 pairs.*CPU\/request 2\.000 \(2\.000-2\.000\)/,
  );
});

test('a run is taken up again only by the same code, form, Node and machine', (t) => {
  t.true(isSameRun(conditions, { ...conditions, machine: { ...conditions.machine, loadBefore: 3 } }));
  t.false(isSameRun(conditions, { ...conditions, source: 'abd' }));
  t.false(isSameRun(conditions, { ...conditions, form: 'made to fit into 20 minutes' }));
  t.false(isSameRun(conditions, { ...conditions, node: '24.0.0' }));
});
