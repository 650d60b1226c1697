/** Which scenarios with which contenders and how long, from what was asked for. Pure. */
import { UsageError, type BenchOptions } from './options.ts';
import { fitFactor, fullPlan, scalePlan, type Plan } from './plan.ts';
import type { Contender, Scenario } from './types.ts';

export interface Chosen {
  readonly scenario: Scenario;
  readonly plan: Plan;
}

/** What daily work wants to know: a request, a route, a connection, and fairness under mixed load; with so many threads. */
const QUICK_SCENARIOS: Readonly<Record<string, readonly number[]>> = {
  hello: [1, 2],
  'static-route': [1],
  'connection-per-request': [2],
  mixed: [4],
};
const QUICK_RIVALS = ['node:http', 'node:cluster'];
const QUICK: Plan = { rounds: 3, seconds: 2, warmUpSeconds: 0.7 };
/** Pairs of two builds of the same code: their differences are small. */
const QUICK_BASE: Plan = { rounds: 4, seconds: 1.2, warmUpSeconds: 0.6 };
const BASE_ROUNDS = 9;

/** A name, or the beginning of several up to a `-`. */
export const pickScenarios = (all: readonly Scenario[], names: readonly string[]): Scenario[] => {
  const picked = names.flatMap((name) => {
    const found = all.filter((one) => one.name === name || one.name.startsWith(`${name}-`));
    if (found.length === 0)
      throw new UsageError(`No scenario ${name}; there are ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
  return [...new Set(picked)];
};

/** Hyperion alone, each time beside itself built from the base. */
const besideBase = (scenario: Scenario): Scenario => ({
  ...scenario,
  contenders: scenario.contenders
    .filter(({ rival }) => rival === 'hyperion')
    .flatMap((contender): Contender[] => [contender, { ...contender, rival: 'base', label: 'base' }]),
  ratios: [['hyperion', 'base']],
});

const keepThreads = (scenario: Scenario, threads: readonly number[]): Scenario => ({
  ...scenario,
  contenders: scenario.contenders.filter((contender) => threads.includes(contender.threads)),
});

const keepRivals = (scenario: Scenario, rivals: readonly string[]): Scenario => ({
  ...scenario,
  contenders: scenario.contenders.filter(({ rival }) => rival === 'hyperion' || rivals.includes(rival)),
});

const narrow = (scenario: Scenario, options: BenchOptions): Scenario => {
  if (options.base !== undefined) return besideBase(scenario);
  if (options.against !== undefined) return keepRivals(scenario, options.against);
  return options.isQuick ? keepRivals(scenario, QUICK_RIVALS) : scenario;
};

const basicPlan = (scenario: Scenario, options: BenchOptions): Plan => {
  const isBase = options.base !== undefined;
  if (!options.isQuick) {
    const plan = fullPlan(scenario);
    return isBase ? { ...plan, rounds: Math.max(plan.rounds, BASE_ROUNDS) } : plan;
  }
  const quick = isBase ? QUICK_BASE : QUICK;
  return scenario.warmUpSeconds === 0 ? { ...quick, warmUpSeconds: 0 } : quick;
};

const startFrom = (all: readonly Scenario[], options: BenchOptions): readonly Scenario[] => {
  if (options.scenarios.length > 0) return pickScenarios(all, options.scenarios);
  if (!options.isQuick) return all;
  return all.flatMap((scenario) => {
    const threads = QUICK_SCENARIOS[scenario.name];
    return threads === undefined ? [] : [keepThreads(scenario, threads)];
  });
};

export const chooseRuns = (all: readonly Scenario[], options: BenchOptions): Chosen[] => {
  const scenarios = startFrom(all, options).map((one) => narrow(one, options));
  const runs = scenarios.map((scenario) => ({ scenario, plan: basicPlan(scenario, options) }));
  const factor = fitFactor(
    runs.map(({ scenario, plan }) => ({ plan, contenderCount: scenario.contenders.length })),
    options.minutes,
  );
  return runs.map(({ scenario, plan }) => {
    const scaled = options.isQuick ? plan : scalePlan(plan, factor);
    return {
      scenario,
      plan: {
        ...scaled,
        ...(options.rounds === undefined ? {} : { rounds: options.rounds }),
        ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
      },
    };
  });
};

export const formOf = (options: BenchOptions): string =>
  options.isQuick ? 'quick' : `made to fit into ${options.minutes} minutes`;
