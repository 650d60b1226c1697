import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { msSince, nowMs, toCellMs } from '../../src/shared/clock.ts';

test('the clock goes forward, in milliseconds', async (t) => {
  const before = nowMs();
  const [seconds, nanoseconds] = process.hrtime();
  t.true(Math.abs(before - (seconds * 1000 + nanoseconds / 1e6)) < 1000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const passed = nowMs() - before;
  t.true(passed >= 19 && passed < 10_000, `${passed}`);
});

test('all threads have the same time, whenever they started', async (t) => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData).then(({ nowMs }) => parentPort.on('message', () => { parentPort.postMessage(nowMs()); parentPort.close(); }));`;
  const worker = new Worker(code, {
    eval: true,
    workerData: new URL('../../src/shared/clock.js', import.meta.url).href,
  });
  await once(worker, 'online');
  const before = nowMs();
  worker.postMessage('now');
  const [theirs] = (await once(worker, 'message')) as [number];
  // A hundredth of a millisecond for the rounding of the two starts.
  t.true(theirs >= before - 0.01 && theirs <= nowMs() + 0.01, `${before} ${theirs} ${nowMs()}`);
});

test("a cell's time is told from its low 32 bits, at any time", (t) => {
  for (const then of [0, 1.9, 2 ** 31 - 5, 2 ** 31, 2 ** 32 - 5, 2 ** 32, 5 * 2 ** 32 - 1]) {
    for (const passed of [0, 1, 10, 86_400_000, 2 ** 31 - 2]) {
      t.true(Math.abs(msSince(toCellMs(then), then + passed) - passed) <= 1, `${then} + ${passed}`);
    }
  }
});
