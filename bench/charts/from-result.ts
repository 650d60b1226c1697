/** Charts that several scenarios share, from a result. Pure. */
import { range, type Spread } from '../statistics.ts';
import type { Chart, Measurement, Row, ScenarioResult } from '../types.ts';
import { drawBars } from './bars.ts';
import { styleOf } from './palette.ts';

export const rangeOf = (row: Row, value: (measurement: Measurement) => number | undefined): Spread | undefined => {
  const values = row.rounds.map(value).filter((one) => one !== undefined && Number.isFinite(one));
  return values.length === 0 ? undefined : range(values as number[]);
};

/** `hyperion, 2 threads`; processes where the rival has those. */
export const describeRow = ({ rival, label, threads }: Row): string => {
  const unit = rival === 'node:http' || rival === 'node:cluster' || rival === 'bun' ? 'process' : 'thread';
  const plural = unit === 'process' ? 'processes' : 'threads';
  return `${label}, ${threads} ${threads === 1 ? unit : plural}`;
};

export interface Quantity {
  readonly title: string;
  readonly note: string;
  readonly of: (measurement: Measurement) => number | undefined;
}

export const REQUESTS_PER_SECOND: Quantity = {
  title: 'Requests per second',
  note: 'more is better',
  of: (one) => one.requestsPerSecond,
};

export const CPU_PER_REQUEST: Quantity = {
  title: 'CPU per request',
  note: 'microseconds, all processes of the server; less is better',
  of: (one) => one.cpuMicrosecondsPerRequest,
};

export const barChart = (
  result: ScenarioResult,
  title: string,
  subtitle: string,
  quantities: readonly Quantity[],
  name = result.scenario,
): Chart => ({
  name,
  alternative: `${title}: ${quantities.map((quantity) => quantity.title.toLowerCase()).join(' and ')} of each server`,
  svg: drawBars({
    title,
    subtitle,
    rows: result.rows.map((row) => ({ label: describeRow(row), style: styleOf(row.rival) })),
    panels: quantities.map(({ title: panelTitle, note, of }) => ({
      title: panelTitle,
      note,
      values: result.rows.map((row) => rangeOf(row, of)),
    })),
  }),
});

export const throughputCharts =
  (title: string, subtitle: string) =>
  (result: ScenarioResult): readonly Chart[] => [
    barChart(result, title, subtitle, [REQUESTS_PER_SECOND, CPU_PER_REQUEST]),
  ];
