/** Medians of the rounds, as a Markdown table. */
import { median, type Summary } from '../test/helpers/percentiles.ts';
import type { Measurement, Row, ScenarioResult } from './types.ts';

const medianOf = (row: Row, value: (measurement: Measurement) => number): number => median(row.rounds.map(value));

/** Three digits that count, without an exponent. */
const short = (value: number): string => {
  if (Number.isNaN(value)) return '-';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const percentiles = (row: Row, of: (measurement: Measurement) => Summary): string => {
  const values = (['p50', 'p90', 'p99', 'p999', 'max'] as const).map((name) =>
    short(medianOf(row, (one) => of(one)[name])),
  );
  return `${values.join(' / ')} (${short(medianOf(row, (one) => of(one).mean))})`;
};

const errorCounts = (row: Row): string => {
  const totals = new Map<string, number>();
  for (const { errors } of row.rounds) {
    for (const [kind, count] of Object.entries(errors)) totals.set(kind, (totals.get(kind) ?? 0) + count);
  }
  return (
    [...totals]
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ') || '0'
  );
};

const COLUMNS: readonly [title: string, cell: (row: Row) => string][] = [
  ['server', (row) => row.rival],
  ['threads', (row) => String(row.threads)],
  ['requests/s', (row) => medianOf(row, (one) => one.requestsPerSecond).toFixed(0)],
  ['CPU us/request', (row) => short(medianOf(row, (one) => one.cpuMicrosecondsPerRequest))],
  ['ms p50 / p90 / p99 / p99.9 / max (mean)', (row) => percentiles(row, (one) => one.latencyMs)],
  [
    'light requests alone',
    (row) => (row.rounds[0]?.lightMs ? percentiles(row, (one) => one.lightMs ?? one.latencyMs) : 'all'),
  ],
  ['errors', errorCounts],
  [
    'share min-max',
    (row) => `${short(medianOf(row, (one) => one.smallestShare))}-${short(medianOf(row, (one) => one.largestShare))}`,
  ],
  ['RSS MB', (row) => medianOf(row, (one) => one.residentMegabytes).toFixed(0)],
  ['generator cores', (row) => short(medianOf(row, (one) => one.generatorCores))],
];

export const formatResult = (result: ScenarioResult): string => {
  const lines = [
    `### ${result.scenario}`,
    '',
    result.description,
    '',
    `| ${COLUMNS.map(([title]) => title).join(' | ')} |`,
    `|${COLUMNS.map(() => ' --- |').join('')}`,
    ...result.rows.map((row) => `| ${COLUMNS.map(([, cell]) => cell(row)).join(' | ')} |`),
    '',
    ...result.footnotes,
    ...result.skipped.map((reason) => `skipped: ${reason}`),
    ...result.failures.map((reason) => `FAILED: ${reason}`),
  ];
  return `${lines.join('\n')}\n`;
};
