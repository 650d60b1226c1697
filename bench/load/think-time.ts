/** The think-time client of the tests, as a load: a closed system in a process of its own. */
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import { runThinkTimeClient, type ThinkTimeOptions } from '../../test/helpers/think-time-client.ts';
import type { LoadReport } from '../types.ts';
import { watchGeneratorCpu } from './generator-cpu.ts';

export const runThinkTime = async (options: ThinkTimeOptions): Promise<LoadReport> => {
  const readCpu = watchGeneratorCpu();
  const report = await runThinkTimeClient(options);
  // The clients all stop at the first failure: what they have measured until then is no measurement.
  if (report.failureCount > 0) throw new Error(`${report.failureCount} clients failed: ${report.failures.join('; ')}`);
  return {
    ...readCpu(),
    requests: report.all.count,
    latencyMs: report.all,
    lightMs: report.light,
    errors: {},
    smallestShare: report.smallestShare,
    largestShare: report.largestShare,
  };
};

export const runThinkTimeApart = (options: ThinkTimeOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runThinkTime, options);
