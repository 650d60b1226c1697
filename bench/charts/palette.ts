/**
 * How each server looks in every chart. The colours differ in lightness (darkest first: node:http,
 * hyperion, cluster, fastify, watt, bun), the lines in dash and marker: in greyscale, and for eyes
 * that see few colours, they stay apart. Pure.
 */
import { element } from './svg.ts';

export interface Style {
  readonly colour: string;
  readonly dash?: string;
  readonly marker: 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'none';
  readonly width: number;
}

const STYLES: Readonly<Record<string, Style>> = {
  hyperion: { colour: '#a4133c', marker: 'circle', width: 3.2 },
  base: { colour: '#e08aa3', marker: 'square', width: 2.2, dash: '6 4' },
  'node:http': { colour: '#3a3f4b', marker: 'cross', width: 2.2, dash: '2 3' },
  'node:cluster': { colour: '#2b6c9b', marker: 'square', width: 2.2 },
  'fastify+piscina': { colour: '#7a6cb8', marker: 'diamond', width: 2.2, dash: '9 3 2 3' },
  watt: { colour: '#55b095', marker: 'triangle', width: 2.2, dash: '7 4' },
  bun: { colour: '#d8ae3f', marker: 'cross', width: 2.2 },
};

export const IDEAL: Style = { colour: '#8a909c', marker: 'none', width: 1.8, dash: '3 4' };

export const styleOf = (rival: string): Style => STYLES[rival] ?? IDEAL;

/** Hyperion with other settings: the same colour, another line. */
export const variantOf = (style: Style): Style => ({ ...style, dash: '5 4', width: 2.2, marker: 'diamond' });

export const drawMarker = ({ marker, colour }: Style, x: number, y: number): string => {
  const common = { fill: colour, stroke: '#ffffff', 'stroke-width': 1.2 };
  const path = (d: string): string => element('path', { d, ...common });
  switch (marker) {
    case 'none':
      return '';
    case 'circle':
      return element('circle', { cx: x, cy: y, r: 4.6, ...common });
    case 'square':
      return element('rect', { x: x - 4, y: y - 4, width: 8, height: 8, ...common });
    case 'triangle':
      return path(`M${round(x)} ${round(y - 5.4)}l5 8.8h-10z`);
    case 'diamond':
      return path(`M${round(x)} ${round(y - 5.6)}l5.2 5.6l-5.2 5.6l-5.2 -5.6z`);
    case 'cross':
      return element('path', {
        d: `M${round(x - 3.6)} ${round(y - 3.6)}l7.2 7.2m0 -7.2l-7.2 7.2`,
        stroke: colour,
        'stroke-width': 2.4,
        fill: 'none',
      });
  }
};

const round = (value: number): number => Math.round(value * 100) / 100;
