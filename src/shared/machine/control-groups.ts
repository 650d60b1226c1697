/**
 * Where Linux keeps the limits of this process's control groups (a container's limits). Pure: the
 * text of /proc/self/cgroup in, folders out.
 */

/** The text of a file, or undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/**
 * The folders whose limits hold for this process: its group's and all above it. The lines are
 * `0::/path` (version 2) and `3:cpu,cpuacct:/path` (version 1). In a container the path may be the
 * host's while the mount shows only the container's part: the topmost folder then is the one that exists.
 */
export function groupFolders(controller: 'cpu' | 'memory', readText: ReadText): string[] {
  const cgroup = readText('/proc/self/cgroup') ?? '';
  return cgroup.split('\n').flatMap((line) => {
    const [number, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    if (number === '0' && controllers === '') return withParents('/sys/fs/cgroup', path);
    if (controllers?.split(',').includes(controller)) {
      const mounts = new Set([controllers, controller]);
      return [...mounts].flatMap((mount) => withParents(`/sys/fs/cgroup/${mount}`, path));
    }
    return [];
  });
}

/** `/a/b` below `mount`: `mount/a/b`, `mount/a`, `mount`. */
function withParents(mount: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return [...names.map((_, index) => [mount, ...names.slice(0, names.length - index)].join('/')), mount];
}
