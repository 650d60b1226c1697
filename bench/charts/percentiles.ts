/**
 * Latency by percentile: how much longer the unlucky wait. One line a server, the ideal beside
 * them. In: a result, and what the ideal would do. Out: a chart.
 */
import type { Summary } from '../../test/helpers/percentiles.ts';
import type { Chart, Measurement, Row, ScenarioResult } from '../types.ts';
import { milliseconds } from './format.ts';
import { rangeOf } from './from-result.ts';
import { drawLinePanel, type Series } from './lines.ts';
import { IDEAL, styleOf } from './palette.ts';
import { logScale } from './scale.ts';
import { FAINT_INK, picture, text } from './svg.ts';

const PERCENTILES = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
] as const;

const WIDTH = 900;
const HEIGHT = 470;
const LEFT = 92;

const light = (one: Measurement): Summary => one.lightMs ?? one.latencyMs;

const seriesOf = (row: Row): Series => ({
  label: row.label,
  style: styleOf(row.rival),
  points: PERCENTILES.flatMap(([key], x) => {
    const spread = rangeOf(row, (one) => light(one)[key]);
    return spread === undefined ? [] : [{ x, y: spread.middle, low: spread.low, high: spread.high }];
  }),
});

export const percentileChart = (
  result: ScenarioResult,
  threads: number,
  title: string,
  subtitle: string,
  ideal: Summary,
): Chart => {
  const box = { left: LEFT, top: 140, right: WIDTH - 190, bottom: HEIGHT - 64 };
  const idealSeries: Series = {
    label: 'ideal queue',
    style: IDEAL,
    points: PERCENTILES.map(([key], x) => ({ x, y: ideal[key] })),
  };
  const rows = result.rows.filter((row) => row.threads === threads);
  const series = [...rows.map(seriesOf).sort(byOwnFirst), idealSeries];
  const all = series.flatMap(({ points }) => points.flatMap(({ y, low = y, high = y }) => [y, low, high]));
  const svg = picture(
    WIDTH,
    HEIGHT,
    title,
    text(28, 38, title, { size: 19, weight: 700 }),
    text(28, 60, subtitle, { size: 12.5, fill: FAINT_INK }),
    drawLinePanel({
      title: `Latency of the light requests, ${threads} threads (or processes)`,
      note: 'milliseconds, logarithmic; lower is better; the band is the range of the rounds',
      box,
      x: {
        at: (value) => box.left + 20 + (value / (PERCENTILES.length - 1)) * (box.right - box.left - 40),
        ticks: PERCENTILES.map((_, index) => index),
        title: 'percentile of the light requests',
        show: (value) => PERCENTILES[value]?.[1] ?? '',
      },
      y: { ...logScale(Math.min(...all), Math.max(...all), box.bottom, box.top), show: milliseconds },
      series,
      hasEndLabels: true,
    }),
  );
  return { name: `${result.scenario}-${threads}`, alternative: `${title}: latency by percentile of each server`, svg };
};

const byOwnFirst = (a: Series, b: Series): number => Number(b.label === 'hyperion') - Number(a.label === 'hyperion');
