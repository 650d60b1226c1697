/**
 * What a load was like in short windows of time, where an average would hide that it was bad for a
 * while. Pure. In: requests with times in ms from the start of a phase. Out: one number a window.
 */
import { summarise } from '../../test/helpers/percentiles.ts';

export interface TimedRequest {
  /** When it was asked. */
  readonly atMs: number;
  readonly tookMs: number;
}

export interface WindowSpan {
  /** Where the first window begins. */
  readonly fromMs: number;
  /** The last window ends here or before: only whole ones count. */
  readonly untilMs: number;
  readonly windowMs: number;
}

/** The requests whose `timeOf` lies in each window, its beginning included. */
export const splitIntoWindows = (
  requests: readonly TimedRequest[],
  { fromMs, untilMs, windowMs }: WindowSpan,
  timeOf: (request: TimedRequest) => number,
): TimedRequest[][] => {
  const windows = Array.from(
    { length: Math.max(0, Math.floor((untilMs - fromMs) / windowMs)) },
    (): TimedRequest[] => [],
  );
  for (const request of requests) windows[Math.floor((timeOf(request) - fromMs) / windowMs)]?.push(request);
  return windows;
};

/** Answers per second in each window, by when they came. */
export const answersPerSecond = (requests: readonly TimedRequest[], span: WindowSpan): number[] =>
  splitIntoWindows(requests, span, ({ atMs, tookMs }) => atMs + tookMs).map(
    ({ length }) => (length * 1000) / span.windowMs,
  );

/**
 * The p90 of what was asked in each window; Infinity where nothing was: in a closed loop that
 * means that every client waited all the while.
 */
export const p90OfWindows = (requests: readonly TimedRequest[], span: WindowSpan): number[] =>
  splitIntoWindows(requests, span, ({ atMs }) => atMs).map((window) =>
    window.length === 0 ? Number.POSITIVE_INFINITY : summarise(window.map(({ tookMs }) => tookMs)).p90,
  );

/** In percent; NaN of nothing. */
export const percentAbove = (values: readonly number[], limit: number): number =>
  (values.filter((value) => value > limit).length * 100) / values.length;
