/** What several rounds say together. Pure; in: one number a round. */
import { median } from '../test/helpers/percentiles.ts';

export interface Spread {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** Linear between the two nearest values. `share` 0-1; NaN of nothing. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
};

export const quartiles = (values: readonly number[]): Spread => ({
  low: quantile(values, 0.25),
  middle: quantile(values, 0.5),
  high: quantile(values, 0.75),
});

export const range = (values: readonly number[]): Spread => ({
  low: Math.min(...values),
  middle: median(values),
  high: Math.max(...values),
});

/** Round by round, as both halves of a pair were measured one after the other; rounds of only one are left out. */
export const ratiosOf = (of: readonly number[], to: readonly number[]): number[] =>
  of.slice(0, to.length).map((value, index) => value / (to[index] ?? Number.NaN));
