/**
 * Sees every worker thread that this process starts, so that a test can terminate one at any
 * instant, as a fault from outside would, and measure how soon its successor is there.
 */
import type { Worker } from 'node:worker_threads';

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
