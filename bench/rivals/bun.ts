/** Bun's own server, one process or several on one port. The program is `servers/bun.mjs`. */
import { fileURLToPath } from 'node:url';
import { BENCH_URL, installedPath, missingPackage } from '../installed.ts';
import type { Rival } from '../types.ts';

const PROGRAM = fileURLToPath(new URL('servers/bun.mjs', BENCH_URL));

export const bun: Rival = {
  name: 'bun',
  unavailable: () => missingPackage('@oven/bun-linux-x64'),
  launch: () => ({ command: [installedPath('@oven/bun-linux-x64/bin/bun'), PROGRAM] }),
};
