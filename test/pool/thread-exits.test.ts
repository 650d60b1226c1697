import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { ThreadExits } from '../../src/pool/thread-exits.ts';

const start = async (code: string): Promise<Worker> => {
  const worker = new Worker(code, { eval: true });
  worker.on('error', () => {});
  await once(worker, 'online');
  return worker;
};

const FOR_EVER = 'setInterval(() => {}, 1e6)';

test('tells when a thread has exited, not before', async (t) => {
  const exits = new ThreadExits();
  const worker = await start("require('node:worker_threads').parentPort.once('message', () => process.exit(3))");
  const { threadId } = worker;
  exits.watch([worker]);
  exits.watch([worker]);
  let hasExited = false;
  worker.once('exit', () => (hasExited = true));
  const exit = exits.wait(threadId);
  worker.postMessage('end');
  await exit;
  t.true(hasExited);
});

test('ends a thread wherever it is', async (t) => {
  const exits = new ThreadExits();
  const workers = [await start(FOR_EVER), await start('for (;;);'), await start(FOR_EVER)] as const;
  exits.watch(workers);
  const ids = workers.map(({ threadId }) => threadId) as [number, number, number];
  exits.terminate(ids[0]);
  exits.terminate(ids[1]);
  await Promise.all([exits.wait(ids[0]), exits.wait(ids[1])]);
  t.is(workers[2].threadId, ids[2], 'the others live on');
  await workers[2].terminate();
  t.notThrows(() => exits.terminate(ids[2]));
});

test('a thread that it never saw is none to wait for', async (t) => {
  await t.notThrowsAsync(new ThreadExits().wait(12_345));
});
