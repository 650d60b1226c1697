/** How long a run takes, and how it is made to fit into the time there is. Pure. */
import type { Scenario } from './types.ts';

export interface Plan {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** The least that has a median. */
const MIN_ROUNDS = 3;
const ROUNDS = 3;
/** Below this a single stall of the machine decides the result. */
const MIN_SECONDS = 1.5;
/** Starting, checking and stopping a server and a generator, on average (Watt takes three). */
export const OVERHEAD_SECONDS = 1.6;

export const fullPlan = (scenario: Scenario): Plan => ({
  rounds: scenario.rounds ?? ROUNDS,
  seconds: scenario.seconds,
  warmUpSeconds: scenario.warmUpSeconds,
});

export const planSeconds = (plan: Plan, contenderCount: number): number =>
  contenderCount * plan.rounds * (plan.seconds + plan.warmUpSeconds + OVERHEAD_SECONDS);

const scale = (plan: Plan, factor: number): Plan => ({
  // Measuring less long costs less truth than measuring less often, so rounds go by the root.
  rounds: Math.min(plan.rounds, Math.max(MIN_ROUNDS, Math.round(plan.rounds * Math.sqrt(factor)))),
  seconds: Math.min(plan.seconds, Math.max(MIN_SECONDS, plan.seconds * factor)),
  // Never shorter: a server whose code is still being compiled is not what is measured.
  warmUpSeconds: plan.warmUpSeconds,
});

/** The largest factor of at most 1 with which all of it fits into `minutes`; the smallest there is if none does. */
export const fitFactor = (
  plans: readonly { readonly plan: Plan; readonly contenderCount: number }[],
  minutes: number,
): number => {
  const total = (factor: number): number =>
    plans.reduce((sum, { plan, contenderCount }) => sum + planSeconds(scale(plan, factor), contenderCount), 0);
  for (let percent = 100; percent > 5; percent -= 1) if (total(percent / 100) <= minutes * 60) return percent / 100;
  return 0.05;
};

export const scalePlan = scale;
