/** Summaries of measured times. In: milliseconds, in any order. Out: nearest-rank percentiles. */

export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export const summarise = (times: readonly number[]): Summary => {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  const sum = sorted.reduce((total, time) => total + time, 0);
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? 0 : sum / sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  };
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
};

export const formatSummary = (summary: Summary): string =>
  `n ${summary.count}, mean ${summary.mean.toFixed(2)}, p50 ${summary.p50.toFixed(2)}, p90 ${summary.p90.toFixed(2)}, ` +
  `p99 ${summary.p99.toFixed(2)}, p99.9 ${summary.p999.toFixed(2)}, max ${summary.max.toFixed(2)} ms`;
