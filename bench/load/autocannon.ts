/** autocannon as a load, in a process of its own: what people know, and the check of our generator. */
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';
import type { ClosedLoopOptions } from './closed-loop.ts';

export const runAutocannon = async (options: ClosedLoopOptions): Promise<LoadReport> => {
  const { default: autocannon } = await import('autocannon');
  const cpuBefore = process.cpuUsage();
  const result = await autocannon({
    url: `http://127.0.0.1:${options.port}${options.target}`,
    connections: options.connections,
    duration: options.seconds,
  });
  const cpu = process.cpuUsage(cpuBefore);
  const { mean, p50, p90, p99, p99_9: p999, max } = result.latency;
  return {
    requests: result.requests.total,
    seconds: result.duration,
    latencyMs: { count: result.requests.total, mean, p50, p90, p99, p999, max },
    errors: { errors: result.errors, timeouts: result.timeouts, non2xx: result.non2xx },
    generatorCores: (cpu.user + cpu.system) / 1e6 / result.duration,
  };
};

export const runAutocannonApart = (options: ClosedLoopOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runAutocannon, options);
