/** `docs/benchmarks/results.md` and the charts beside it, from the records. Pure but for `writePages`. */
import { writeFileSync } from 'node:fs';
import { formatMachine } from '../machine.ts';
import type { Scenario } from '../types.ts';
import { formatNoise } from './noise.ts';
import { PAGES_URL, type Conditions, type ResultRecord } from './records.ts';
import { formatResult } from './table.ts';
import { findBetter, formatBetter } from './where-better.ts';

export interface Measured {
  readonly scenario: Scenario;
  readonly record: ResultRecord;
}

const describeConditions = ({ machine, node, generatorNode, versions, form, source }: Conditions): string =>
  [
    `- Machine: ${formatMachine(machine)}.`,
    `- Servers on Node ${node}, the load generator on Node ${generatorNode}.`,
    `- Rivals: ${
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ') || 'only those that come with Node'
    }.`,
    `- Form of the run: ${form}. Product code ${source}.`,
  ].join('\n');

const describePlan = ({ plan, finishedAt }: ResultRecord): string =>
  `${plan.rounds} rounds of ${Number(plan.seconds.toFixed(1))} s, each after ` +
  `${plan.warmUpSeconds === 0 ? 'no separate warm-up' : `${Number(plan.warmUpSeconds.toFixed(1))} s of warm-up`}; ` +
  `finished ${finishedAt.slice(0, 16).replace('T', ' ')} UTC.`;

const section = ({ scenario, record }: Measured): string =>
  [
    `## ${scenario.title}`,
    `\`${scenario.name}\`: ${record.result.description}. ${describePlan(record)}`,
    ...scenario.charts(record.result).map(({ name, alternative }) => `![${alternative}](${name}.svg)`),
    formatResult(record.result, scenario.figures ?? [], scenario.ratios ?? []).trimEnd(),
  ].join('\n\n');

export const formatPage = (measured: readonly Measured[]): string => {
  const conditions = [...new Set(measured.map(({ record }) => describeConditions(record.conditions)))];
  const better = measured.flatMap(({ record }) => findBetter(record.result));
  const parts = [
    '# Benchmark results',
    'Written by `npm run bench` from the files in `results/`; how it is measured, and what the words mean, is in [Benchmarks](../benchmarks.md).',
    ...(measured.length === 0 ? ['Nothing has been measured yet.'] : conditions),
    '## Where a rival is better',
    'Every median that is better than that of hyperion with as many threads by 5 % or more. (Two rows of the same scenario are measured in turn; what is nearer than that may be noise.)',
    formatBetter(better),
    '## How noisy it was',
    'How far the quartiles of the rounds lie apart, as a share of the median: of the ratios of hyperion to each rival with as many threads, the worst. A difference between two servers that is smaller than this may be chance.',
    formatNoise(measured.map(({ record }) => record.result)),
    ...measured.map(section),
  ];
  return `${parts.join('\n\n')}\n`;
};

export const writePages = (measured: readonly Measured[]): void => {
  for (const { scenario, record } of measured) {
    for (const { name, svg } of scenario.charts(record.result)) writeFileSync(new URL(`${name}.svg`, PAGES_URL), svg);
  }
  writeFileSync(new URL('results.md', PAGES_URL), formatPage(measured));
};
