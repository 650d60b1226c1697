/**
 * What servers do with more than they can serve, over the load they are offered: what still comes
 * in time, how long the accepted wait, how long the refused, and when all is well again. In: the
 * result of the overload scenario. Out: one picture of four panels.
 */
import { range } from '../statistics.ts';
import type { Chart, LoadStep, Row, ScenarioResult } from '../types.ts';
import { milliseconds, short, tick } from './format.ts';
import { rangeOf } from './from-result.ts';
import { drawLinePanel, type LinePanel, type Point, type Series } from './lines.ts';
import { IDEAL, styleOf } from './palette.ts';
import { linearScale, logScale } from './scale.ts';
import { AXIS, element, FAINT_INK, line, picture, text } from './svg.ts';

const WIDTH = 960;
const LEFT = 88;
/** The wide panel, the two small ones, the bars. */
const GOOD = { left: LEFT, top: 142, right: 770, bottom: 400 };
const LOWER = { top: 528, bottom: 712 };
const ACCEPTED = { left: LEFT, right: 452, ...LOWER };
const UNSERVED = { left: 562, right: 926, ...LOWER };
const BARS_TOP = 834;
const BAR_ROW = 27;
/** Below this a refusal is as good as at once; above the other, clients have gone. */
const [FASTEST_MS, SLOWEST_MS] = [1, 10_000];

/** One point a step that at least one round has a value for. */
const seriesOf = (row: Row, capacity: number, value: (step: LoadStep) => number | undefined): Series => {
  const offered = row.rounds[0]?.steps?.map((step) => step.offeredPerSecond) ?? [];
  const points = offered.flatMap((perSecond, index): Point[] => {
    const values = row.rounds.flatMap(({ steps }) => {
      const step = steps?.[index];
      const one = step === undefined ? undefined : value(step);
      return one === undefined ? [] : [one];
    });
    if (values.length === 0) return [];
    const { low, middle, high } = range(values);
    return [{ x: perSecond / capacity, y: middle, low, high }];
  });
  return { label: row.label, style: styleOf(row.rival), points };
};

const xAxis = ({ left, right }: LinePanel['box'], most: number, ticks: readonly number[]): LinePanel['x'] => ({
  at: (value) => left + ((value - 0.5) / (most - 0.5)) * (right - left),
  ticks,
  title: 'offered load, times what the threads can serve',
  show: (value) => `${tick(value)}x`,
});

const drawRecovery = (rows: readonly Row[]): string => {
  const left = 200;
  const right = 770;
  const values = rows.map((row) => rangeOf(row, (one) => one.figures?.['recoverySeconds']));
  const scale = linearScale(Math.max(1, ...values.map((value) => value?.high ?? 0)), left, right, 6);
  const bottom = BARS_TOP + rows.length * BAR_ROW;
  const bars = rows.map((row, index) => {
    const middle = BARS_TOP + index * BAR_ROW + BAR_ROW / 2;
    const value = values[index];
    const end = value === undefined ? left : Math.max(left + 2, scale.at(value.middle));
    return [
      text(left - 12, middle + 4.5, row.label, { anchor: 'end' }),
      element('rect', {
        x: left,
        y: middle - 8,
        width: end - left,
        height: 16,
        rx: 2,
        fill: styleOf(row.rival).colour,
      }),
      text(
        Math.max(end, scale.at(value?.high ?? 0)) + 8,
        middle + 4.5,
        value?.middle === 0 ? 'at once' : `${short(value?.middle)} s`,
        {
          size: 12.5,
          weight: 600,
        },
      ),
      value === undefined
        ? ''
        : line(scale.at(value.low), middle, scale.at(value.high), middle, '#1f2430', {
            'stroke-width': 1.4,
            opacity: 0.75,
          }),
    ].join('');
  });
  return [
    text(LEFT, BARS_TOP - 36, 'Recovery', { size: 14.5, weight: 600 }),
    text(
      LEFT,
      BARS_TOP - 17,
      'seconds from the end of the 5x flood until what is asked (0.5x) is answered in time again; less is better',
      { size: 12, fill: FAINT_INK },
    ),
    ...scale.ticks.map((value) =>
      text(scale.at(value), bottom + 18, tick(value), { size: 11.5, fill: FAINT_INK, anchor: 'middle' }),
    ),
    line(left, BARS_TOP - 4, left, bottom, AXIS),
    ...bars,
  ].join('');
};

export const overloadChart = (result: ScenarioResult, capacity: number, goodWithinMs: number): Chart => {
  const title = 'Offered more than it can serve';
  const good = result.rows.map((row) => seriesOf(row, capacity, (step) => step.goodPerSecond));
  const highest = Math.max(0, ...good.flatMap(({ points }) => points.map(({ y, high = y }) => high)));
  const factors = good[0]?.points.map(({ x }) => x) ?? [0.5, 5];
  const most = Math.max(...factors);
  const whole = [0.5, 1, 2, 3, 4, 5].filter((factor) => factor <= most);
  const ideal: Series = {
    label: 'the most possible',
    style: IDEAL,
    points: factors.map((factor) => ({ x: factor, y: Math.min(factor, 1) * capacity })),
  };
  const latency = (box: LinePanel['box']): LinePanel['y'] => ({
    ...logScale(FASTEST_MS, SLOWEST_MS, box.bottom, box.top),
    show: milliseconds,
  });
  const height = BARS_TOP + result.rows.length * BAR_ROW + 44;
  const svg = picture(
    WIDTH,
    height,
    title,
    text(28, 40, title, { size: 21, weight: 700 }),
    text(
      28,
      64,
      `requests of 10 ms, 4 threads (or processes): ${capacity} a second at most; independent arrivals; clients give up after 2 s`,
      { size: 12.5, fill: FAINT_INK },
    ),
    drawLinePanel({
      title: 'Answered in time',
      note: `200s within ${milliseconds(goodWithinMs)} of when they were due, per second; higher is better`,
      box: GOOD,
      x: xAxis(GOOD, most, whole),
      y: {
        ...linearScale(Math.max(capacity, highest), GOOD.bottom, GOOD.top, 5),
        show: tick,
        title: 'requests per second',
      },
      series: [...good, ideal],
      hasEndLabels: true,
    }),
    drawLinePanel({
      title: 'Wait of the accepted',
      note: 'p99 of the 200s, logarithmic; lower is better',
      box: ACCEPTED,
      x: xAxis(ACCEPTED, most, whole),
      y: latency(ACCEPTED),
      series: result.rows.map((row) =>
        seriesOf(row, capacity, ({ accepted }) => (accepted.count > 0 ? accepted.p99 : undefined)),
      ),
      hasEndLabels: false,
      marks: [{ y: goodWithinMs, label: 'in time' }],
    }),
    drawLinePanel({
      title: 'Wait of those who get nothing',
      note: 'p99 until the 503, or until the client gives up; lower is better',
      box: UNSERVED,
      x: xAxis(UNSERVED, most, whole),
      y: latency(UNSERVED),
      series: result.rows.map((row) =>
        seriesOf(row, capacity, ({ unserved }) => (unserved.count > 0 ? unserved.p99 : undefined)),
      ),
      hasEndLabels: false,
    }),
    drawRecovery(result.rows),
  );
  return {
    name: result.scenario,
    alternative: `${title}: requests answered in time, latency and recovery of each server over the offered load`,
    svg,
  };
};
