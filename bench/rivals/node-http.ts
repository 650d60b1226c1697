/** One `node:http` process: what a request costs without any pool. Descriptor, and the program itself. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Rival } from '../types.ts';
import { loadListener, readSetup } from './setup.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

export const nodeHttp: Rival = {
  name: 'node:http',
  unavailable: () => undefined,
  launch: () => ({ command: ['node', THIS_FILE] }),
};

if (process.argv[1] === THIS_FILE) {
  const setup = readSetup();
  const server = createServer(await loadListener(setup));
  server.keepAliveTimeout = setup.keepAliveMs;
  server.listen(setup.port, '127.0.0.1', 1024);
}
