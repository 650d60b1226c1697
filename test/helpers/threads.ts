/**
 * Sees every worker thread that this process starts, so that a test can terminate one at any
 * instant, as a fault from outside would, and measure how soon its successor is there.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const workers = new Set<Worker>();
let started = 0;
let exited = 0;

process.on('worker', (worker: Worker) => {
  workers.add(worker);
  started += 1;
  worker.once('exit', () => {
    workers.delete(worker);
    exited += 1;
  });
});

export const liveThreads = (): readonly Worker[] => [...workers];

export const threadsStarted = (): number => started;

export const threadsExited = (): number => exited;

let ofIdleThread: readonly string[] | undefined;

/** Which descriptors a thread has for itself, measured once with one that does nothing. */
export const descriptorsOfIdleThread = async (list: () => readonly string[]): Promise<readonly string[]> => {
  if (ofIdleThread !== undefined) return ofIdleThread;
  const before = [...list()];
  const worker = new Worker('setInterval(() => {}, 1e6)', { eval: true });
  await once(worker, 'online');
  const own = [...list()];
  for (const name of before) own.splice(own.indexOf(name), 1);
  await worker.terminate();
  ofIdleThread = own;
  return own;
};
