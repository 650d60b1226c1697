/** The few SVG elements that the charts are made of, as strings. Pure. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Two decimals: finer than a pixel, and the files stay small and comparable. */
const show = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 100) / 100) : escape(value);

export const element = (name: string, attributes: Attributes, ...children: readonly string[]): string => {
  const shown = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}="${show(value)}"`,
  );
  return children.length === 0
    ? `<${name}${shown.join('')}/>`
    : `<${name}${shown.join('')}>${children.join('')}</${name}>`;
};

export interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Degrees around its own place. */
  readonly rotate?: number;
  /** A white rim, where lines run behind it. */
  readonly hasHalo?: boolean;
}

export const INK = '#1f2430';
export const FAINT_INK = '#5d6472';
export const GRID = '#e3e6ec';
export const AXIS = '#9aa1ad';

const HALO = { stroke: '#ffffff', 'stroke-width': 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };

export const text = (x: number, y: number, content: string, style: TextStyle = {}): string =>
  element(
    'text',
    {
      x,
      y,
      'font-size': style.size ?? 13,
      'font-weight': style.weight,
      fill: style.fill ?? INK,
      'text-anchor': style.anchor === 'start' ? undefined : style.anchor,
      ...(style.hasHalo === true ? HALO : {}),
      transform: style.rotate === undefined ? undefined : `rotate(${style.rotate} ${show(x)} ${show(y)})`,
    },
    escape(content),
  );

/** Roughly: fonts differ from reader to reader. */
export const textWidth = (content: string, size = 13): number => content.length * size * 0.56;

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, more: Attributes = {}): string =>
  element('line', { x1, y1, x2, y2, stroke, ...more });

/** A whole picture on its own white card: readable on a dark page too. */
export const picture = (width: number, height: number, title: string, ...children: readonly string[]): string =>
  `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
    },
    `\n${element('title', {}, escape(title))}`,
    `\n${element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 10, fill: '#ffffff', stroke: GRID })}`,
    ...children.map((child) => `\n${child}`),
    '\n',
  )}\n`;
