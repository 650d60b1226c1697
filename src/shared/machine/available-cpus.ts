/**
 * How many CPUs this process may keep busy: what the system reports, bounded by the CPU quota of its
 * Linux control group (a container's `--cpus`), which Node 20 does not look at. Reads files through
 * the function it is given; a file that is not there bounds nothing.
 */

import { groupFolders, type ReadText } from './control-groups.ts';

/** `parallelism` is what `os.availableParallelism()` says. A quota of 1.5 CPUs counts as 2. */
export function availableCpus(parallelism: number, readText: ReadText): number {
  const quota = Math.min(...groupFolders('cpu', readText).map((folder) => quotaOf(folder, readText)));
  return Math.max(1, Math.min(parallelism, Math.ceil(quota)));
}

/** CPUs that one folder allows; `Infinity` where it says `max`, -1, or nothing. */
function quotaOf(folder: string, readText: ReadText): number {
  const [quota, period] =
    readText(`${folder}/cpu.max`)?.trim().split(' ') ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => readText(`${folder}/${name}`)?.trim());
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Infinity;
}
