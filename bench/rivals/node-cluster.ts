/** `node:cluster` as its documentation shows it: the primary hands connections out in turn. */
import cluster from 'node:cluster';
import { createServer, type RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Rival } from '../types.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

export const nodeCluster: Rival = {
  name: 'node:cluster',
  maxThreads: Infinity,
  unavailable: () => undefined,
  command: ({ appUrl, threads, port }) => ['node', THIS_FILE, appUrl, String(port), String(threads)],
};

if (process.argv[1] === THIS_FILE) {
  const [, , appUrl = '', port, processes] = process.argv;
  if (cluster.isPrimary) {
    for (let index = 0; index < Number(processes); index += 1) cluster.fork();
    process.on('SIGTERM', () => process.exit());
  } else {
    const { default: app } = (await import(appUrl)) as { default: RequestListener };
    createServer(app).listen(Number(port), '127.0.0.1', 1024);
  }
}
