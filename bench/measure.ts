/**
 * Measures the contenders of one scenario in turn (A B A B ...), each with a fresh server process
 * every round, so that what the machine does meanwhile falls on all alike.
 */
import { readTreeUsage } from './process-tree.ts';
import { startServer } from './server-process.ts';
import type { Contender, Measurement, Rival, Row, Scenario, ScenarioResult } from './types.ts';

export interface MeasureOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** The Node program that the servers run on. */
  readonly node: string;
  readonly progress: (line: string) => void;
}

const measureOnce = async (
  scenario: Scenario,
  rival: Rival,
  threads: number,
  round: number,
  options: MeasureOptions,
): Promise<Measurement> => {
  const appUrl = new URL(`../../bench/apps/${scenario.app}`, import.meta.url).href;
  const server = await startServer(rival, threads, appUrl, scenario.check, options.node);
  try {
    if (options.warmUpSeconds > 0) await scenario.load(server.port, options.warmUpSeconds, round);
    const before = readTreeUsage(server.pid);
    const report = await scenario.load(server.port, options.seconds, round);
    const after = readTreeUsage(server.pid);
    return {
      ...report,
      requestsPerSecond: report.requests / report.seconds,
      cpuMicrosecondsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / report.requests,
      residentMegabytes: after.residentMegabytes,
    };
  } finally {
    await server.stop();
  }
};

export const measureScenario = async (
  scenario: Scenario,
  rivals: ReadonlyMap<string, Rival>,
  options: MeasureOptions,
): Promise<ScenarioResult> => {
  const skipped: string[] = [];
  const chosen: { contender: Contender; rival: Rival; rounds: Measurement[]; failure?: string }[] = [];
  for (const contender of scenario.contenders) {
    const rival = rivals.get(contender.rival);
    if (rival === undefined) continue;
    const reason = rival.unavailable();
    if (reason === undefined) chosen.push({ contender, rival, rounds: [] });
    else skipped.push(`${rival.name}: ${reason}`);
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const entry of chosen.filter(({ failure }) => failure === undefined)) {
      const { contender, rival, rounds } = entry;
      options.progress(`${scenario.name}: round ${round} of ${options.rounds}, ${rival.name} x ${contender.threads}`);
      try {
        rounds.push(await measureOnce(scenario, rival, contender.threads, round, options));
      } catch (error) {
        entry.failure = `${rival.name} x ${contender.threads}: ${String(error)}`;
      }
    }
  }
  const rows: Row[] = chosen
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ contender, rounds }) => ({ ...contender, rounds }));
  const failures = chosen.flatMap(({ failure }) => failure ?? []);
  const footnotes = scenario.footnotes?.(options.seconds) ?? [];
  return { scenario: scenario.name, description: scenario.description, rows, skipped, failures, footnotes };
};
