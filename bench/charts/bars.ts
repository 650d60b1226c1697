/**
 * Bars side by side: one row a server, one panel a quantity. The bar is the median of the rounds,
 * the thin line their range, the figure stands beside it. Pure; out: an SVG picture.
 */
import type { Spread } from '../statistics.ts';
import { short, tick } from './format.ts';
import type { Style } from './palette.ts';
import { linearScale } from './scale.ts';
import { AXIS, element, FAINT_INK, GRID, line, picture, text, textWidth } from './svg.ts';

export interface BarPanel {
  readonly title: string;
  /** `more is better`, with the unit. */
  readonly note: string;
  /** One for each row; undefined: not measured. */
  readonly values: readonly (Spread | undefined)[];
}

export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly { readonly label: string; readonly style: Style }[];
  readonly panels: readonly BarPanel[];
}

const WIDTH = 900;
const MARGIN = 28;
const ROW = 30;
const BAR = 18;
const TOP = 122;
const PANEL_GAP = 36;
/** For the figure behind the longest bar. */
const FIGURE = 64;

const drawPanel = (panel: BarPanel, chart: BarChart, x: number, width: number): string => {
  const bottom = TOP + chart.rows.length * ROW;
  const most = Math.max(0, ...panel.values.map((value) => value?.high ?? 0));
  const scale = linearScale(most, x, x + width - FIGURE, 4);
  const grid = scale.ticks.map((value) =>
    [
      line(scale.at(value), TOP - 6, scale.at(value), bottom, value === 0 ? AXIS : GRID),
      text(scale.at(value), bottom + 17, tick(value), { size: 11, fill: FAINT_INK, anchor: 'middle' }),
    ].join(''),
  );
  const bars = panel.values.map((value, index) => {
    const middle = TOP + index * ROW + ROW / 2;
    if (value === undefined) return text(x + 6, middle + 4, 'not measured', { size: 12, fill: FAINT_INK });
    const { colour } = chart.rows[index]?.style ?? { colour: AXIS };
    const end = Math.max(scale.at(value.middle), x + 1);
    return [
      element('rect', { x, y: middle - BAR / 2, width: end - x, height: BAR, fill: colour, rx: 2 }),
      line(scale.at(value.low), middle, scale.at(value.high), middle, '#1f2430', {
        'stroke-width': 1.4,
        opacity: 0.75,
      }),
      text(Math.max(end, scale.at(value.high)) + 7, middle + 4.5, short(value.middle), { size: 12.5, weight: 600 }),
    ].join('');
  });
  return [
    text(x, TOP - 36, panel.title, { size: 14, weight: 600 }),
    text(x, TOP - 19, panel.note, { size: 11.5, fill: FAINT_INK }),
    ...grid,
    ...bars,
  ].join('');
};

export const drawBars = (chart: BarChart): string => {
  const labelWidth = Math.max(...chart.rows.map(({ label }) => textWidth(label)));
  const left = MARGIN + labelWidth + 12;
  const count = chart.panels.length;
  const width = (WIDTH - MARGIN - left - PANEL_GAP * (count - 1)) / count;
  const height = TOP + chart.rows.length * ROW + 40;
  return picture(
    WIDTH,
    height,
    chart.title,
    text(MARGIN, 38, chart.title, { size: 19, weight: 700 }),
    text(MARGIN, 60, `${chart.subtitle}; bar: median, thin line: range of the rounds`, { size: 12.5, fill: FAINT_INK }),
    ...chart.rows.map(({ label }, index) =>
      text(left - 12, TOP + index * ROW + ROW / 2 + 4.5, label, { anchor: 'end' }),
    ),
    ...chart.panels.map((panel, index) => drawPanel(panel, chart, left + index * (width + PANEL_GAP), width)),
  );
};
