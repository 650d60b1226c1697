/** `node:cluster` as its documentation shows it: the primary hands connections out in turn. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Rival } from '../types.ts';
import { loadListener, readSetup } from './setup.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

export const nodeCluster: Rival = {
  name: 'node:cluster',
  unavailable: () => undefined,
  launch: () => ({ command: ['node', THIS_FILE] }),
};

if (process.argv[1] === THIS_FILE) {
  const setup = readSetup();
  if (cluster.isPrimary) {
    for (let index = 0; index < setup.threads; index += 1) cluster.fork();
    process.on('SIGTERM', () => process.exit());
  } else {
    const server = createServer(await loadListener(setup));
    server.keepAliveTimeout = setup.keepAliveMs;
    server.listen(setup.port, '127.0.0.1', 1024);
  }
}
