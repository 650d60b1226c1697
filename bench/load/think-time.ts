/** The think-time client of the tests, as a load: a closed system in a process of its own. */
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import { runThinkTimeClient, type ThinkTimeOptions } from '../../test/helpers/think-time-client.ts';
import type { LoadReport } from '../types.ts';

export const runThinkTime = async (options: ThinkTimeOptions): Promise<LoadReport> => {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const report = await runThinkTimeClient(options);
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    requests: report.all.count,
    seconds,
    latencyMs: report.all,
    lightMs: report.light,
    errors: { failed: report.failureCount },
    smallestShare: report.smallestShare,
    largestShare: report.largestShare,
    generatorCores: (cpu.user + cpu.system) / 1e6 / seconds,
  };
};

export const runThinkTimeApart = (options: ThinkTimeOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runThinkTime, options);
