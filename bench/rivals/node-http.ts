/** One `node:http` process: what a request costs without any pool. Descriptor, and the program itself. */
import { createServer, type RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Rival } from '../types.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

export const nodeHttp: Rival = {
  name: 'node:http',
  maxThreads: 1,
  unavailable: () => undefined,
  command: ({ appUrl, port }) => ['node', THIS_FILE, appUrl, String(port)],
};

if (process.argv[1] === THIS_FILE) {
  const [, , appUrl = '', port] = process.argv;
  const { default: app } = (await import(appUrl)) as { default: RequestListener };
  createServer(app).listen(Number(port), '127.0.0.1', 1024);
}
