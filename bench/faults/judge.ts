/** Whether a server kept what this project promises for a fault. Pure. Out: what it did not keep, in words. */
import type { Fault, FaultResult, PhaseReport } from './types.ts';

/** The app fails in one thread of four: the others' clients may notice this much. */
const APP_FACTOR = 3;
/** Other clients are bad: a good one may notice this much. */
const CLIENT_FACTOR = 2;
/** Where the fault-free value is a fraction of this, a factor says little. */
const ALLOWANCE_MS = 10;
const SMALLEST_UNTOUCHED_SHARE = 0.7;

/** A generator that is later than this has not had the machine that it needs, nor had the server. */
const TIMELESS_MS = 50;

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

export const unansweredIn = (report: PhaseReport): number => sum(report.unanswered);
export const lostIn = (report: PhaseReport): number =>
  report.unanswered.reset + report.unanswered.closed + report.idleLost.reset + report.idleLost.closed;

export const p95LimitMs = (fault: Pick<Fault, 'isOfTheApp'>, quietMs: number): number =>
  Math.max(quietMs * (fault.isOfTheApp ? APP_FACTOR : CLIENT_FACTOR), quietMs + ALLOWANCE_MS);

type Judged = Pick<FaultResult, 'quiet' | 'faulty' | 'hasDied'>;

export const latenessMs = ({ quiet, faulty }: Pick<Judged, 'quiet' | 'faulty'>): number =>
  Math.max(quiet.sentLateP95Ms, faulty.sentLateP95Ms);

/** Times, and who lost patience, say nothing of the server. */
export const isTimeless = (result: Pick<Judged, 'quiet' | 'faulty'>): boolean => latenessMs(result) > TIMELESS_MS;

const findSlow = (fault: Pick<Fault, 'isOfTheApp'>, { quiet, faulty }: Judged): string[] => {
  const broken: string[] = [];
  const limitMs = p95LimitMs(fault, quiet.p95Ms);
  if (faulty.p95Ms > limitMs) broken.push(`p95 ${faulty.p95Ms.toFixed(1)} ms, above ${limitMs.toFixed(1)}`);
  if (faulty.untouchedShare < SMALLEST_UNTOUCHED_SHARE) {
    broken.push(`only ${(faulty.untouchedShare * 100).toFixed(0)} % untouched`);
  }
  const unanswered = unansweredIn(faulty);
  if (fault.isOfTheApp && unanswered > 0) broken.push(`${unanswered} unanswered`);
  return broken;
};

export const findBroken = (fault: Pick<Fault, 'isOfTheApp'>, result: Judged): string[] => {
  const broken = isTimeless(result) ? [] : findSlow(fault, result);
  if (result.hasDied) broken.push('the server ended');
  const lost = lostIn(result.faulty);
  if (fault.isOfTheApp && lost > 0) broken.push(`${lost} connections lost`);
  return broken;
};
