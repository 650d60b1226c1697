/**
 * `node:cluster` in the fault bench: descriptor, and the program itself. As its documentation shows
 * it: a worker that ends is replaced; at SIGHUP each gets a successor, and then `disconnect()`.
 */
import cluster, { type Worker } from 'node:cluster';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { loadListener, readSetup } from '../rivals/setup.ts';
import type { FaultContender } from './types.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
const HEAP_MEGABYTES = 32;

export const nodeCluster: FaultContender = {
  name: 'node:cluster',
  unavailable: () => undefined,
  launch: () => ({ command: ['node', THIS_FILE] }),
  reloadSignal: 'SIGHUP',
};

const runPrimary = (threads: number): void => {
  cluster.setupPrimary({ execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`] });
  cluster.on('exit', (worker) => {
    if (!worker.exitedAfterDisconnect) cluster.fork();
  });
  const replace = (worker: Worker): void => {
    cluster.fork().once('listening', () => {
      if (worker.isConnected()) worker.disconnect();
    });
  };
  let replacing: readonly Worker[] = [];
  process.on('SIGHUP', () => {
    // While successors are starting another round would only double them.
    if (replacing.some((worker) => worker.isConnected() && !worker.exitedAfterDisconnect)) return;
    replacing = Object.values(cluster.workers ?? {}).filter(
      (worker) => worker !== undefined && !worker.exitedAfterDisconnect,
    ) as Worker[];
    replacing.forEach(replace);
  });
  for (let index = 0; index < threads; index += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit());
};

if (process.argv[1] === THIS_FILE) {
  const setup = readSetup();
  if (cluster.isPrimary) {
    runPrimary(setup.threads);
  } else {
    const server = createServer(await loadListener(setup));
    server.keepAliveTimeout = setup.keepAliveMs;
    server.listen(setup.port, '127.0.0.1', 1024);
  }
}
