/**
 * Measures the contenders of one scenario in turn (A B A B ...), each with a fresh server process
 * every round, so that what the machine does meanwhile falls on all alike.
 */
import type { NodeProgram } from './node-versions.ts';
import { BENCH_URL } from './installed.ts';
import type { Plan } from './plan.ts';
import { readTreeUsage } from './process-tree.ts';
import { findFreePort, startServer } from './server-process.ts';
import type { Contender, Measurement, Rival, Row, Scenario, ScenarioResult, ServerSetup } from './types.ts';

export interface MeasureOptions {
  /** The Node program that the servers run on. */
  readonly node: NodeProgram;
  readonly loopsPerMs: number;
  /** `index.js` of this tree, and of the base if there is one. */
  readonly hyperionUrl: string;
  readonly baseUrl?: string;
  readonly progress: (line: string) => void;
}

/** Longer than any client of most scenarios is idle: else a server might close just when one asks. */
const KEEP_ALIVE_MS = 60_000;

const measureOnce = async (
  scenario: Scenario,
  contender: Contender,
  rival: Rival,
  round: number,
  plan: Plan,
  options: MeasureOptions,
): Promise<Measurement> => {
  const setup: ServerSetup = {
    appUrl: new URL(`apps/${scenario.app}`, BENCH_URL).href,
    threads: contender.threads,
    port: await findFreePort(),
    keepAliveMs: scenario.keepAliveMs ?? KEEP_ALIVE_MS,
    hyperionUrl: rival.name === 'base' ? (options.baseUrl ?? options.hyperionUrl) : options.hyperionUrl,
    loopsPerMs: options.loopsPerMs,
    settings: contender.settings ?? {},
  };
  const server = await startServer(rival.launch(setup), setup.port, setup, scenario.check, options.node.path);
  try {
    const target = { port: server.port, pid: server.pid, round, contender };
    if (plan.warmUpSeconds > 0) await (scenario.warmUp ?? scenario.load)({ ...target, seconds: plan.warmUpSeconds });
    const before = readTreeUsage(server.pid);
    const report = await scenario.load({ ...target, seconds: plan.seconds });
    const after = readTreeUsage(server.pid);
    return {
      ...report,
      requestsPerSecond: report.requests / report.seconds,
      cpuMicrosecondsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / report.requests,
      memory: after.memory,
    };
  } finally {
    await server.stop();
  }
};

export const labelOf = (contender: Contender): string => contender.label ?? contender.rival;

export const measureScenario = async (
  scenario: Scenario,
  rivals: ReadonlyMap<string, Rival>,
  plan: Plan,
  options: MeasureOptions,
): Promise<ScenarioResult> => {
  const skipped = new Set<string>();
  const chosen: { contender: Contender; rival: Rival; rounds: Measurement[]; failure?: string }[] = [];
  for (const contender of scenario.contenders) {
    const rival = rivals.get(contender.rival);
    if (rival === undefined) continue;
    const reason = rival.unavailable(options.node.major);
    if (reason === undefined) chosen.push({ contender, rival, rounds: [] });
    else skipped.add(`${rival.name}: ${reason}`);
  }
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const entry of chosen.filter(({ failure }) => failure === undefined)) {
      const { contender, rival, rounds } = entry;
      const what = `${labelOf(contender)} x ${contender.threads}`;
      options.progress(`${scenario.name}: round ${round} of ${plan.rounds}, ${what}`);
      const measure = (): Promise<Measurement> => measureOnce(scenario, contender, rival, round, plan, options);
      const retry = (error: unknown): Promise<Measurement> => {
        options.progress(`once more: ${String(error)}`);
        return measure();
      };
      try {
        // An hour's run should not lose a server to one hiccup of the machine; a second one is no hiccup.
        rounds.push(await measure().catch(retry));
      } catch (error) {
        entry.failure = `${what}: ${String(error)}`;
        options.progress(`FAILED: ${entry.failure}`);
      }
    }
  }
  const rows: Row[] = chosen
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ contender, rounds }) => ({
      rival: contender.rival,
      label: labelOf(contender),
      threads: contender.threads,
      rounds,
    }));
  return {
    scenario: scenario.name,
    description: scenario.description,
    rows,
    skipped: [...skipped],
    failures: chosen.flatMap(({ failure }) => failure ?? []),
    footnotes: scenario.footnotes?.(scenario.contenders) ?? [],
  };
};
