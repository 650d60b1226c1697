/** One scenario's result as Markdown: medians of the rounds. Pure. */
import { median, type Summary } from '../../test/helpers/percentiles.ts';
import { short } from '../charts/format.ts';
import { describeRow, rangeOf } from '../charts/from-result.ts';
import { quartiles, ratiosOf } from '../statistics.ts';
import type { Figure, LoadStep, Measurement, Row, ScenarioResult } from '../types.ts';

const middle = (row: Row, value: (measurement: Measurement) => number | undefined): number | undefined =>
  rangeOf(row, value)?.middle;

const percentiles = (row: Row, of: (measurement: Measurement) => Summary): string =>
  (['p50', 'p90', 'p99', 'p999', 'max'] as const).map((name) => short(middle(row, (one) => of(one)[name]))).join(' / ');

const errorCounts = (row: Row): string => {
  const totals = new Map<string, number>();
  for (const { errors } of row.rounds) {
    for (const [kind, count] of Object.entries(errors)) totals.set(kind, (totals.get(kind) ?? 0) + count);
  }
  const shown = [...totals].filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  return shown.join(', ') || '0';
};

type Column = readonly [title: string, cell: (row: Row) => string];

const hasLight = ({ rows }: ScenarioResult): boolean => rows.some(({ rounds }) => rounds[0]?.lightMs !== undefined);
const hasShares = ({ rows }: ScenarioResult): boolean =>
  rows.some(({ rounds }) => rounds[0]?.smallestShare !== undefined);

const columnsOf = (result: ScenarioResult, figures: readonly Figure[]): readonly Column[] => [
  ['server', describeRow],
  ['requests/s', (row) => short(middle(row, (one) => one.requestsPerSecond))],
  ['CPU us/request', (row) => short(middle(row, (one) => one.cpuMicrosecondsPerRequest))],
  ['ms p50 / p90 / p99 / p99.9 / max', (row) => percentiles(row, (one) => one.latencyMs)],
  ...(hasLight(result)
    ? ([['light requests alone', (row) => percentiles(row, (one) => one.lightMs ?? one.latencyMs)]] satisfies Column[])
    : []),
  ['errors', errorCounts],
  ...(hasShares(result)
    ? ([
        [
          'requests of a client, least - most',
          (row) =>
            `${short(middle(row, (one) => one.smallestShare))} - ${short(middle(row, (one) => one.largestShare))}`,
        ],
      ] satisfies Column[])
    : []),
  ...figures.map(({ key, title }): Column => [title, (row) => short(middle(row, (one) => one.figures?.[key]))]),
  ['RSS MB', (row) => short(middle(row, (one) => one.memory.residentMegabytes))],
  ['PSS MB', (row) => short(middle(row, (one) => one.memory.proportionalMegabytes))],
  ['generator cores', (row) => short(middle(row, (one) => one.generatorCores))],
];

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${titles.join(' | ')} |`,
  `|${titles.map(() => ' --- |').join('')}`,
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
];

/** The steps of an open loop: medians of the rounds, for each server and offered load. */
const stepTable = ({ rows }: ScenarioResult): string[] => {
  const cells = rows.flatMap((row) =>
    (row.rounds[0]?.steps ?? []).map((first, index) => {
      const of = (value: (step: LoadStep) => number): string =>
        short(median(row.rounds.flatMap(({ steps }) => (steps?.[index] === undefined ? [] : [value(steps[index])]))));
      return [
        row.label,
        short(first.offeredPerSecond),
        of((step) => step.goodPerSecond),
        `${of((step) => step.accepted.p50)} / ${of((step) => step.accepted.p99)}`,
        `${of((step) => step.refused.p50)} / ${of((step) => step.refused.p99)}`,
        of((step) => step.givenUpPerSecond),
      ];
    }),
  );
  const titles = [
    'server',
    'offered/s',
    'in time/s',
    'accepted ms p50 / p99',
    'refused ms p50 / p99',
    'given up by clients/s',
  ];
  return cells.length === 0 ? [] : ['', ...table(titles, cells)];
};

/** `x / y`, round by round, with quartiles: what a margin below a tenth has to be judged by. */
export const ratioLines = ({ rows }: ScenarioResult, pairs: readonly (readonly [of: string, to: string])[]): string[] =>
  pairs.flatMap(([of, to]) =>
    rows
      .filter(({ label }) => label === of)
      .flatMap((row) => {
        const other = rows.find(({ label, threads }) => label === to && threads === row.threads);
        if (other === undefined) return [];
        const ratio = (value: (one: Measurement) => number): string => {
          const { low, middle: half, high } = quartiles(ratiosOf(row.rounds.map(value), other.rounds.map(value)));
          return `${half.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;
        };
        return [
          `${of} / ${to}, ${row.threads} x, ${row.rounds.length} pairs, median (quartiles): ` +
            `requests/s ${ratio((one) => one.requestsPerSecond)}, ` +
            `CPU/request ${ratio((one) => one.cpuMicrosecondsPerRequest)}, ` +
            `p50 ${ratio((one) => (one.lightMs ?? one.latencyMs).p50)}, p99 ${ratio((one) => (one.lightMs ?? one.latencyMs).p99)}`,
        ];
      }),
  );

export const formatResult = (
  result: ScenarioResult,
  figures: readonly Figure[],
  pairs: readonly (readonly [of: string, to: string])[],
): string => {
  const columns = columnsOf(result, figures);
  const notes = [
    ...ratioLines(result, pairs),
    ...result.footnotes,
    ...result.skipped.map((reason) => `Skipped: ${reason}.`),
    ...result.failures.map((reason) => `FAILED: ${reason}`),
  ];
  const lines = [
    ...table(
      columns.map(([title]) => title),
      result.rows.map((row) => columns.map(([, cell]) => cell(row))),
    ),
    ...stepTable(result),
    ...notes.flatMap((note) => ['', note]),
  ];
  return `${lines.join('\n')}\n`;
};
