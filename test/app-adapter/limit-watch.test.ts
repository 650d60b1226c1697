import test, { type ExecutionContext } from 'ava';
import { heapBytesNow, LimitWatch } from '../../src/app-adapter/limit-watch.ts';
import type { OverLimit } from '../../src/shared/messages.ts';

interface Watched {
  readonly watch: LimitWatch;
  readonly told: OverLimit[];
  readonly now: { heapBytes: number; served: number };
}

const watch = (t: ExecutionContext, maxThreadHeapBytes: number, recycleAfterRequests: number): Watched => {
  const now = { heapBytes: 0, served: 0 };
  const told: OverLimit[] = [];
  const limitWatch = new LimitWatch({
    maxThreadHeapBytes,
    recycleAfterRequests,
    served: () => now.served,
    heapBytes: () => now.heapBytes,
    tell: (limit) => told.push(limit),
  });
  limitWatch.start();
  t.teardown(() => limitWatch.stop());
  return { watch: limitWatch, told, now };
};

const count = (limitWatch: LimitWatch, requests: number): void => {
  for (let nth = 0; nth < requests; nth += 1) limitWatch.countRequest();
};

test('memory is looked at every 256 requests, and told of each time that it is too much', (t) => {
  const { watch: limitWatch, told, now } = watch(t, 1000, 0);
  now.heapBytes = 1000;
  count(limitWatch, 256);
  t.deepEqual(told, []);
  now.heapBytes = 1001;
  count(limitWatch, 255);
  t.deepEqual(told, []);
  count(limitWatch, 1);
  t.deepEqual(told, [{ reason: 'memory', heapBytes: 1001 }]);
  count(limitWatch, 256);
  t.is(told.length, 2);
});

test('requests are counted when they are served', (t) => {
  const { watch: limitWatch, told, now } = watch(t, 1000, 10);
  count(limitWatch, 10);
  t.deepEqual(told, [], 'begun is not served');
  now.served = 10;
  count(limitWatch, 10);
  t.deepEqual(told, [{ reason: 'requests', served: 10 }]);
});

test('without limits, and once it is stopped, nothing is told', (t) => {
  const off = watch(t, 0, 0);
  Object.assign(off.now, { heapBytes: 1e12, served: 1e9 });
  count(off.watch, 1000);
  off.watch.look();
  t.deepEqual(off.told, []);
  const stopped = watch(t, 1, 1);
  Object.assign(stopped.now, { heapBytes: 1e12, served: 1e9 });
  stopped.watch.stop();
  count(stopped.watch, 1000);
  t.deepEqual(stopped.told, []);
});

test('a second without requests has its look too', async (t) => {
  const told = await new Promise<OverLimit>((tell) => {
    const limits = { maxThreadHeapBytes: 1, recycleAfterRequests: 0, served: () => 0, tell };
    const limitWatch = new LimitWatch(limits);
    limitWatch.start();
    // The watch keeps no thread alive.
    const alive = setInterval(() => {}, 1000);
    t.teardown(() => (limitWatch.stop(), clearInterval(alive)));
  });
  t.is(told.reason, 'memory');
});

test('Buffers count as memory', (t) => {
  const before = heapBytesNow();
  const buffer = Buffer.alloc(50_000_000);
  t.true(heapBytesNow() - before > 45_000_000);
  t.is(buffer.length, 50_000_000);
});
