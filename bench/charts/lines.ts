/**
 * Lines of several servers over one quantity, in a box of a picture: axes with units, a marker at
 * each measured point, the range of the rounds as a band, the name at the end of each line. Pure.
 */
import { drawMarker, type Style } from './palette.ts';
import { spreadApart, type Scale } from './scale.ts';
import { AXIS, element, FAINT_INK, GRID, INK, line, text } from './svg.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly label: string;
  readonly style: Style;
  readonly points: readonly Point[];
}

export interface LinePanel {
  readonly title: string;
  readonly note: string;
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  readonly x: Scale & { readonly title: string; readonly show: (value: number) => string };
  readonly y: Scale & { readonly title?: string; readonly show: (value: number) => string };
  readonly series: readonly Series[];
  /** Names at the right ends; without them the reader needs a legend. */
  readonly hasEndLabels: boolean;
  /** Horizontal lines with a meaning. */
  readonly marks?: readonly { readonly y: number; readonly label: string }[];
}

const LABEL_GAP = 16;

const pathOf = (places: readonly (readonly [x: number, y: number])[]): string =>
  places.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

const drawSeries = ({ style, points }: Series, { x, y }: LinePanel): string => {
  const band = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const outline = [
    ...band.map(({ x: at, high }): [number, number] => [x.at(at), y.at(high ?? 0)]),
    ...band.toReversed().map(({ x: at, low }): [number, number] => [x.at(at), y.at(low ?? 0)]),
  ];
  const places = points.map((point): [number, number] => [x.at(point.x), y.at(point.y)]);
  return [
    band.length > 1 ? element('path', { d: `${pathOf(outline)}Z`, fill: style.colour, opacity: 0.13 }) : '',
    element('path', {
      d: pathOf(places),
      fill: 'none',
      stroke: style.colour,
      'stroke-width': style.width,
      'stroke-dasharray': style.dash,
      'stroke-linejoin': 'round',
      'stroke-linecap': style.dash === undefined ? 'round' : undefined,
    }),
    ...places.map(([atX, atY]) => drawMarker(style, atX, atY)),
  ].join('');
};

const drawEndLabels = ({ series, x, y, box }: LinePanel): string => {
  const ended = series.flatMap(({ label, style, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [{ label, style, x: x.at(last.x), y: y.at(last.y) }];
  });
  const places = spreadApart(
    ended.map((one) => one.y),
    LABEL_GAP,
    box.top,
    box.bottom,
  );
  return ended
    .map((one, index) => {
      const place = places[index] ?? one.y;
      const startX = box.right + 14;
      return [
        line(one.x + 6, one.y, startX, place, one.style.colour, { 'stroke-width': 1, opacity: 0.6 }),
        text(startX + 5, place + 4.5, one.label, { size: 13, weight: 600, fill: one.style.colour }),
      ].join('');
    })
    .join('');
};

export const drawLinePanel = (panel: LinePanel): string => {
  const { box, x, y, marks = [] } = panel;
  const small = { size: 11.5, fill: FAINT_INK };
  return [
    text(box.left, box.top - 32, panel.title, { size: 14.5, weight: 600 }),
    text(box.left, box.top - 14, panel.note, { size: 12, fill: FAINT_INK }),
    ...y.ticks.map((value) =>
      [
        line(box.left, y.at(value), box.right, y.at(value), GRID),
        text(box.left - 8, y.at(value) + 4, y.show(value), { ...small, anchor: 'end' }),
      ].join(''),
    ),
    line(box.left, box.bottom, box.right, box.bottom, AXIS),
    ...x.ticks.map((value) =>
      [
        line(x.at(value), box.bottom, x.at(value), box.bottom + 5, AXIS),
        text(x.at(value), box.bottom + 19, x.show(value), { ...small, anchor: 'middle' }),
      ].join(''),
    ),
    text((box.left + box.right) / 2, box.bottom + 38, x.title, { ...small, size: 12.5, anchor: 'middle' }),
    y.title === undefined
      ? ''
      : text(box.left - 52, (box.top + box.bottom) / 2, y.title, {
          ...small,
          size: 12.5,
          anchor: 'middle',
          rotate: -90,
        }),
    ...marks.map(({ y: at }) =>
      line(box.left, y.at(at), box.right, y.at(at), '#5d6472', { 'stroke-dasharray': '2 4' }),
    ),
    // The first series is the one a reader looks for: it is drawn last, above the others.
    ...panel.series.toReversed().map((series) => drawSeries(series, panel)),
    ...marks.map(({ y: at, label }) =>
      text(box.right - 4, y.at(at) - 6, label, { size: 11.5, fill: INK, anchor: 'end', hasHalo: true }),
    ),
    panel.hasEndLabels ? drawEndLabels(panel) : '',
  ].join('');
};
