/** The machine and the versions that a run was made with: figures without them mean nothing. */
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly kernel: string;
  readonly node: string;
  /** Of the minute before: above the number of cores, others were using the machine. */
  readonly loadBefore: number;
}

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  kernel: `${process.platform} ${release()}`,
  node: process.version,
  loadBefore: loadavg()[0] ?? 0,
});

export const formatMachine = (machine: Machine): string =>
  `${machine.cores} x ${machine.processor}, ${machine.memoryGigabytes} GB, ${machine.kernel}, Node ${machine.node}, ` +
  `load before ${machine.loadBefore.toFixed(2)}`;
