import test from 'ava';
import { availableCpus } from '../../../src/shared/machine/available-cpus.ts';
import { DEFAULT_THREAD_COUNT } from '../../../src/shared/machine/thread-count.ts';

const counts = test.macro<[Record<string, string>, number]>({
  exec(t, files, expected) {
    t.is(
      availableCpus(8, (path) => files[path]),
      expected,
    );
  },
  title: (title) => `of 8 CPUs: ${title}`,
});

test('all, where there are no control groups', counts, {}, 8);
test('version 2, no quota', counts, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, 8);
test('version 2, two CPUs', counts, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' }, 2);
test(
  'a part of a CPU counts as one',
  counts,
  { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' },
  3,
);
test('never less than one', counts, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '1000 100000\n' }, 1);
test(
  'a quota above the machine',
  counts,
  { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '6400000 100000' },
  8,
);
test(
  'the tightest of the groups above counts',
  counts,
  {
    '/proc/self/cgroup': '0::/kubepods/pod:1/app\n',
    '/sys/fs/cgroup/kubepods/pod:1/app/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/kubepods/pod:1/cpu.max': '300000 100000\n',
    '/sys/fs/cgroup/kubepods/cpu.max': '600000 100000\n',
  },
  3,
);
test(
  'version 1',
  counts,
  {
    '/proc/self/cgroup': '12:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '150000\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '100000\n',
  },
  2,
);
test(
  "version 1 in a container that sees the host's path",
  counts,
  {
    '/proc/self/cgroup': '4:cpu,cpuacct:/docker/x\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  },
  4,
);
test(
  'version 1 without a quota',
  counts,
  {
    '/proc/self/cgroup': '4:cpuacct,cpu:/\n',
    '/sys/fs/cgroup/cpuacct,cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpuacct,cpu/cpu.cfs_period_us': '100000\n',
  },
  8,
);
test(
  'the quota of another controller is not ours',
  counts,
  {
    '/proc/self/cgroup': '4:cpuset:/\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '100000',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
  },
  8,
);
test('nonsense bounds nothing', counts, { '/proc/self/cgroup': '0::/\n\n?', '/sys/fs/cgroup/cpu.max': 'many few' }, 8);

test('DEFAULT_THREAD_COUNT is within its bounds', (t) => {
  t.true(Number.isInteger(DEFAULT_THREAD_COUNT) && DEFAULT_THREAD_COUNT >= 2 && DEFAULT_THREAD_COUNT <= 500);
});
