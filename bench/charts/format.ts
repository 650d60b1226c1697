/** Numbers as people read them. Pure. */

/** Three digits that count, thousands set apart, no exponent; '-' for what was not measured. */
export const short = (value: number | undefined | null): string => {
  if (value === undefined || value === null || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1000)
    return Math.round(value)
      .toString()
      .replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
};

/** For ticks: `20k`, `0.5`. */
export const tick = (value: number): string =>
  value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));

export const milliseconds = (value: number): string =>
  value >= 1000 ? `${Number((value / 1000).toPrecision(3))} s` : `${Number(value.toPrecision(3))} ms`;
