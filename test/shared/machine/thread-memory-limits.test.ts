import test from 'ava';
import { availableMemoryBytes, threadMemoryLimits } from '../../../src/shared/machine/thread-memory-limits.ts';

const MB = 1024 * 1024;
const GB = 1024 * MB;

const available = test.macro<[Record<string, string>, number]>({
  exec(t, files, expectedMb) {
    t.is(
      availableMemoryBytes(8 * GB, (path) => files[path]),
      expectedMb * MB,
    );
  },
  title: (title) => `of 8 GB: ${title}`,
});

const V2 = { '/proc/self/cgroup': '0::/\n' };
test('all, where there are no control groups', available, {}, 8192);
test('version 2, no limit', available, { ...V2, '/sys/fs/cgroup/memory.max': 'max\n' }, 8192);
test('version 2, 512 MB', available, { ...V2, '/sys/fs/cgroup/memory.max': `${512 * MB}\n` }, 512);
test('a limit above the machine', available, { ...V2, '/sys/fs/cgroup/memory.max': `${64 * GB}\n` }, 8192);
test(
  'the tightest of the groups above counts',
  available,
  {
    '/proc/self/cgroup': '0::/kubepods/pod:1/app\n',
    '/sys/fs/cgroup/kubepods/pod:1/app/memory.max': 'max\n',
    '/sys/fs/cgroup/kubepods/pod:1/memory.max': `${256 * MB}\n`,
    '/sys/fs/cgroup/kubepods/memory.max': `${GB}\n`,
  },
  256,
);
const V1 = { '/proc/self/cgroup': '9:cpu:/docker/x\n4:memory:/docker/x\n' };
test('version 1', available, { ...V1, '/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes': `${128 * MB}\n` }, 128);
test(
  'version 1 says no limit by a huge one',
  available,
  { ...V1, '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' },
  8192,
);

const heapMb = ({ resourceLimits }: ReturnType<typeof threadMemoryLimits>): number =>
  (resourceLimits.maxOldGenerationSizeMb ?? NaN) + (resourceLimits.maxYoungGenerationSizeMb ?? NaN);

test('three quarters are shared by the threads, and a thread is replaced before it dies', (t) => {
  const limits = threadMemoryLimits(GB, 4, 4 * GB);
  t.is(heapMb(limits), 192);
  t.deepEqual(limits.resourceLimits, { maxOldGenerationSizeMb: 168, maxYoungGenerationSizeMb: 24 });
  t.is(limits.maxThreadHeapBytes, Math.floor(192 * 0.8 * MB));
});

test("the share only lowers V8's own limit", (t) => {
  const limits = threadMemoryLimits(64 * GB, 2, 4144 * MB);
  t.deepEqual(limits.resourceLimits, {});
  t.is(limits.maxThreadHeapBytes, Math.floor(4144 * 0.8 * MB));
  t.deepEqual(threadMemoryLimits(8 * GB, 3, 4144 * MB).resourceLimits, { maxOldGenerationSizeMb: 2048 - 192 });
});

test('an app can load in the least of shares', (t) => {
  t.is(heapMb(threadMemoryLimits(256 * MB, 16, 4 * GB)), 64);
});
