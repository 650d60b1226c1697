/** Whether a server kept what this project promises for a fault. Pure. Out: what it did not keep, in words. */
import type { Fault, FaultResult, PhaseReport } from './types.ts';

/** The app fails in one thread of four: the others' clients may notice this much. */
const APP_FACTOR = 3;
/** Other clients are bad: a good one may notice this much. */
const CLIENT_FACTOR = 2;
/** Where the fault-free value is a fraction of this, a factor says little. */
const ALLOWANCE_MS = 10;
const SMALLEST_UNTOUCHED_SHARE = 0.7;

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

export const unansweredIn = (report: PhaseReport): number => sum(report.unanswered);
export const lostIn = (report: PhaseReport): number =>
  report.unanswered.reset + report.unanswered.closed + report.idleLost.reset + report.idleLost.closed;

export const p95LimitMs = (fault: Pick<Fault, 'isOfTheApp'>, quietMs: number): number =>
  Math.max(quietMs * (fault.isOfTheApp ? APP_FACTOR : CLIENT_FACTOR), quietMs + ALLOWANCE_MS);

export const findBroken = (
  fault: Pick<Fault, 'isOfTheApp'>,
  { quiet, faulty, hasDied }: Pick<FaultResult, 'quiet' | 'faulty' | 'hasDied'>,
): string[] => {
  const broken: string[] = [];
  if (hasDied) broken.push('the server ended');
  const limitMs = p95LimitMs(fault, quiet.p95Ms);
  if (faulty.p95Ms > limitMs) broken.push(`p95 ${faulty.p95Ms.toFixed(1)} ms, above ${limitMs.toFixed(1)}`);
  if (faulty.untouchedShare < SMALLEST_UNTOUCHED_SHARE) {
    broken.push(`only ${(faulty.untouchedShare * 100).toFixed(0)} % untouched`);
  }
  if (!fault.isOfTheApp) return broken;
  const unanswered = unansweredIn(faulty);
  if (unanswered > 0) broken.push(`${unanswered} unanswered`);
  const lost = lostIn(faulty);
  if (lost > 0) broken.push(`${lost} connections lost`);
  return broken;
};
