/** From values to places in a picture, and where the ticks are. Pure. */

export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** 1, 2 or 5 times a power of ten: the smallest such step that makes at most `count` of them. */
const niceStep = (span: number, count: number): number => {
  const power = 10 ** Math.floor(Math.log10(span / count));
  return power * ([1, 2, 5, 10].find((factor) => span / (power * factor) <= count) ?? 10);
};

/** Ticks from 0 to at least `max`. */
export const linearTicks = (max: number, count = 5): number[] => {
  if (!(max > 0)) return [0, 1];
  const step = niceStep(max, count);
  const ticks: number[] = [];
  // Counted, not added up: no 0.30000000000000004.
  for (let index = 0; index === 0 || (ticks.at(-1) ?? 0) < max * 0.999; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
};

export const linearScale = (max: number, from: number, to: number, count = 5): Scale => {
  const ticks = linearTicks(max, count);
  const top = ticks.at(-1) ?? 1;
  return { at: (value) => from + (value / top) * (to - from), ticks };
};

/** Whole powers of ten around the values; both above 0. */
export const logTicks = (min: number, max: number): number[] => {
  const first = Math.floor(Math.log10(min) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(max) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => Number((10 ** (first + index)).toPrecision(12)));
};

/** A value below the first tick stands on it. */
export const logScale = (min: number, max: number, from: number, to: number): Scale => {
  const ticks = logTicks(min, max);
  const low = ticks[0] ?? 1;
  const high = ticks.at(-1) ?? 10;
  const span = Math.log(high / low);
  return { at: (value) => from + (Math.log(Math.max(value, low) / low) / span) * (to - from), ticks };
};

/** Moves labels apart that would stand on each other; their order stays. In: wished places. Out: places. */
export const spreadApart = (wished: readonly number[], gap: number, from: number, to: number): number[] => {
  const order = wished.map((_, index) => index).sort((a, b) => (wished[a] ?? 0) - (wished[b] ?? 0));
  const placed = [...wished];
  let above = from - gap;
  for (const index of order) {
    above = Math.max(placed[index] ?? 0, above + gap);
    placed[index] = above;
  }
  // What was pushed out below comes back, and pushes the others up.
  let below = to + gap;
  for (const index of order.toReversed()) {
    below = Math.min(placed[index] ?? 0, below - gap);
    placed[index] = below;
  }
  return placed;
};
