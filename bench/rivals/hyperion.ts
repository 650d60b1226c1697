/**
 * This project with its defaults, but for the number of threads and what a contender sets.
 * Descriptor, and the program itself. An app may have a form of its own here, `NAME.hyperion.mjs`,
 * where it has direct routes.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Server as HyperionServer } from '../../src/index.ts';
import type { Rival } from '../types.ts';
import { readSetup } from './setup.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

const describe = (name: string): Rival => ({
  name,
  unavailable: () => undefined,
  launch: () => ({ command: ['node', THIS_FILE] }),
});

export const hyperion: Rival = describe('hyperion');

/** The same built from another revision: see `built-trees.ts`. */
export const hyperionBase: Rival = describe('base');

if (process.argv[1] === THIS_FILE) {
  const { appUrl, threads, port, keepAliveMs, hyperionUrl, settings } = readSetup();
  const { Server } = (await import(hyperionUrl)) as { Server: typeof HyperionServer };
  const own = appUrl.replace(/\.mjs$/, '.hyperion.mjs');
  const server = new Server({
    app: existsSync(new URL(own)) ? own : appUrl,
    port,
    threadCount: threads,
    keepAliveTimeoutMs: keepAliveMs,
    logLevel: 'warn',
    ...settings,
  });
  process.once('SIGTERM', () => {
    void server.stop({ gracefulTimeoutMs: 0 }).then(() => process.exit());
  });
  await server.start();
}
