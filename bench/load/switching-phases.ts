/**
 * The phases of a load that switches between two kinds, and what is judged in them. Pure. In: the
 * length of the whole; then the requests of each phase. Out: phases; then figures.
 */
import { median } from '../../test/helpers/percentiles.ts';
import { answersPerSecond, p90OfWindows, percentAbove, type TimedRequest, type WindowSpan } from './windows.ts';

export interface SwitchingPhase {
  readonly kind: 'hello' | 'mixed';
  readonly lengthMs: number;
  readonly seed: number;
}

export interface PhaseRecord {
  readonly phase: SwitchingPhase;
  /** All that were answered 200; of a mixed phase the light ones. */
  readonly requests: readonly TimedRequest[];
}

const MOST_PHASES = 6;
/** Shorter ones would be over before anything is judged: a short run has fewer of them. */
const LEAST_PHASE_SECONDS = 2;
/** A server may need some time to notice that its load is another. */
const SETTLE_MS = 1_000;
const WINDOW_MS = 500;
/** Far above what a light request takes, far below a heavy one: in a window above it they waited for heavy ones. */
export const SLOW_MS = 5;

/** As many hello phases as mixed ones, in turn; hello comes first and warms the server up. */
export const planPhases = (seconds: number, seed: number): SwitchingPhase[] => {
  const count = 2 * Math.min(MOST_PHASES / 2, Math.max(1, Math.floor(seconds / (2 * LEAST_PHASE_SECONDS))));
  return Array.from({ length: count }, (_, index) => ({
    kind: index % 2 === 0 ? 'hello' : 'mixed',
    lengthMs: (seconds * 1000) / count,
    // Another sequence of requests in each phase, and in each round.
    seed: seed * MOST_PHASES + index,
  }));
};

export const judgedSpan = ({ lengthMs }: SwitchingPhase): WindowSpan => ({
  fromMs: SETTLE_MS,
  untilMs: lengthMs,
  windowMs: WINDOW_MS,
});

/** Of the judged windows of all mixed phases together, how many percent are slow. */
export const percentSlow = (records: readonly PhaseRecord[]): number =>
  percentAbove(
    records
      .filter(({ phase }) => phase.kind === 'mixed')
      .flatMap(({ phase, requests }) => p90OfWindows(requests, judgedSpan(phase))),
    SLOW_MS,
  );

/** Requests/s in the judged windows of all hello phases: the middle one, and the worst. */
export const helloRates = (records: readonly PhaseRecord[]): { readonly middle: number; readonly least: number } => {
  const rates = records
    .filter(({ phase }) => phase.kind === 'hello')
    .flatMap(({ phase, requests }) => answersPerSecond(requests, judgedSpan(phase)));
  return { middle: median(rates), least: rates.length === 0 ? 0 : Math.min(...rates) };
};
