/** Memory over the number of threads: one line a server. In: a result. Out: a chart. */
import type { Chart, ScenarioResult } from '../types.ts';
import { tick } from './format.ts';
import { rangeOf } from './from-result.ts';
import { drawLinePanel, type Series } from './lines.ts';
import { styleOf } from './palette.ts';
import { linearScale } from './scale.ts';
import { FAINT_INK, picture, text } from './svg.ts';

const WIDTH = 900;
const HEIGHT = 440;

export const memoryChart = (result: ScenarioResult): Chart => {
  const box = { left: 92, top: 138, right: WIDTH - 190, bottom: HEIGHT - 64 };
  const threads = [...new Set(result.rows.map((row) => row.threads))].sort((a, b) => a - b);
  const rivals = [...new Set(result.rows.map(({ rival }) => rival))];
  const series = rivals.map((rival): Series => ({
    label: rival,
    style: styleOf(rival),
    points: result.rows
      .filter((row) => row.rival === rival)
      .flatMap((row) => {
        const spread = rangeOf(row, (one) => one.memory.proportionalMegabytes);
        return spread === undefined ? [] : [{ x: row.threads, y: spread.middle, low: spread.low, high: spread.high }];
      }),
  }));
  const most = Math.max(...series.flatMap(({ points }) => points.map(({ high, y }) => high ?? y)));
  const title = 'Memory by number of threads';
  return {
    name: result.scenario,
    alternative: `${title}: ${rivals.join(', ')}`,
    svg: picture(
      WIDTH,
      HEIGHT,
      title,
      text(28, 38, title, { size: 19, weight: 700 }),
      text(28, 60, 'an Express app loaded in each thread or process, after load', { size: 12.5, fill: FAINT_INK }),
      drawLinePanel({
        title: 'Memory of the whole server',
        note: 'MB, pages shared by several processes counted once (PSS); less is better',
        box,
        x: {
          at: (value) => box.left + 16 + ((value - 1) / ((threads.at(-1) ?? 2) - 1 || 1)) * (box.right - box.left - 32),
          ticks: threads,
          title: 'threads (or processes)',
          show: String,
        },
        y: { ...linearScale(most, box.bottom, box.top), show: tick, title: 'MB' },
        series,
        hasEndLabels: true,
      }),
    ),
  };
};
