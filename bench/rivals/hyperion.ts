/** This project, with its defaults but for the number of threads. Descriptor, and the program itself. */
import { fileURLToPath } from 'node:url';
import type { Rival } from '../types.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

export const hyperion: Rival = {
  name: 'hyperion',
  maxThreads: Infinity,
  unavailable: () => undefined,
  command: ({ appUrl, threads, port }) => ['node', THIS_FILE, appUrl, String(port), String(threads)],
};

if (process.argv[1] === THIS_FILE) {
  const [, , app = '', port, threads] = process.argv;
  const { Server } = await import('../../src/index.ts');
  const server = new Server({ app, port: Number(port), threadCount: Number(threads), logLevel: 'warn' });
  process.once('SIGTERM', () => {
    void server.stop({ gracefulTimeoutMs: 0 }).then(() => process.exit());
  });
  await server.start();
}
