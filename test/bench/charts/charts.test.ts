/** Every scenario's charts, drawn from made-up results: whole SVG, with all that a reader needs. */
import test from 'ava';
import { resultOf } from './made-up.ts';
import { drawBars } from '../../../bench/charts/bars.ts';
import { short } from '../../../bench/charts/format.ts';
import { styleOf } from '../../../bench/charts/palette.ts';
import { SCENARIOS } from '../../../bench/scenarios/index.ts';

/** How bright a colour is to the eye, 0-1. */
const brightness = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
};

// The check of the generator has a table alone.
for (const scenario of SCENARIOS.filter(({ name }) => name !== 'hello-autocannon')) {
  test(`${scenario.name}: its charts are whole and name every server`, (t) => {
    const charts = scenario.charts(resultOf(scenario));
    t.true(charts.length > 0);
    for (const { svg, alternative } of charts) {
      t.regex(svg, /^<svg [^>]*viewBox="0 0 \d+ [\d.]+"/);
      t.regex(svg, /<\/svg>\n$/);
      t.notRegex(svg, /NaN|undefined|Infinity/);
      t.true(alternative.length > 10);
      t.is(svg.split('<text').length, svg.split('</text>').length);
    }
    const all = charts.map(({ svg }) => svg).join('');
    for (const { rival } of scenario.contenders) t.true(all.includes(rival), rival);
  });
}

test('what was not measured is said, not drawn', (t) => {
  const svg = drawBars({
    title: 'T',
    subtitle: 'S',
    rows: [{ label: 'a < b', style: styleOf('hyperion') }],
    panels: [{ title: 'P', note: 'N', values: [undefined] }],
  });
  t.true(svg.includes('not measured'));
  t.true(svg.includes('a &lt; b'));
});

test('the servers of the line charts differ in greyscale, by dash or by marker', (t) => {
  const styles = ['hyperion', 'node:cluster', 'fastify+piscina', 'watt', 'bun'].map(styleOf);
  const looks = styles.map(({ dash, marker }) => `${dash} ${marker}`);
  t.is(new Set(looks).size, styles.length);
  const levels = styles.map(({ colour }) => brightness(colour)).sort((a, b) => a - b);
  for (const [index, level] of levels.slice(1).entries()) t.true(level - (levels[index] ?? 0) > 0.03, `${level}`);
});

test('figures have three digits that count', (t) => {
  t.deepEqual([0.1234, 12.34, 123.4, 12_345.6, undefined, Number.NaN].map(short), [
    '0.12',
    '12.3',
    '123',
    '12,346',
    '-',
    '-',
  ]);
});
