/** The machine that a run was made with: figures without it mean nothing. */
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly kernel: string;
  /** Of the minute before: above the number of cores, others were using the machine. */
  readonly loadBefore: number;
}

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  kernel: `${process.platform} ${release()}`,
  loadBefore: loadavg()[0] ?? 0,
});

export const formatMachine = (machine: Machine): string =>
  `${machine.cores} x ${machine.processor}, ${machine.memoryGigabytes} GB, ${machine.kernel}, ` +
  `load before ${machine.loadBefore.toFixed(2)}`;
