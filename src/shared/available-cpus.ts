/**
 * How many CPUs this process may keep busy: what the system reports, bounded by the CPU quota of its
 * Linux control group (a container's `--cpus`), which Node 20 does not look at. Reads files through
 * the function it is given; a file that is not there bounds nothing.
 */

/** The text of a file, or undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** `parallelism` is what `os.availableParallelism()` says. A quota of 1.5 CPUs counts as 2. */
export function availableCpus(parallelism: number, readText: ReadText): number {
  const quota = Math.min(
    ...groupFolders(readText('/proc/self/cgroup') ?? '').map((folder) => quotaOf(folder, readText)),
  );
  return Math.max(1, Math.min(parallelism, Math.ceil(quota)));
}

/**
 * The folders whose quotas hold for this process: its group's and all above it. The lines are
 * `0::/path` (version 2) and `3:cpu,cpuacct:/path` (version 1). In a container the path may be the
 * host's while the mount shows only the container's part: the topmost folder then is the one that exists.
 */
function groupFolders(cgroup: string): string[] {
  return cgroup.split('\n').flatMap((line) => {
    const [number, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    if (number === '0' && controllers === '') return withParents('/sys/fs/cgroup', path);
    if (controllers?.split(',').includes('cpu')) {
      return [...withParents(`/sys/fs/cgroup/${controllers}`, path), ...withParents('/sys/fs/cgroup/cpu', path)];
    }
    return [];
  });
}

/** `/a/b` below `mount`: `mount/a/b`, `mount/a`, `mount`. */
function withParents(mount: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return [...names.map((_, index) => [mount, ...names.slice(0, names.length - index)].join('/')), mount];
}

/** CPUs that one folder allows; `Infinity` where it says `max`, -1, or nothing. */
function quotaOf(folder: string, readText: ReadText): number {
  const [quota, period] =
    readText(`${folder}/cpu.max`)?.trim().split(' ') ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => readText(`${folder}/${name}`)?.trim());
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Infinity;
}
