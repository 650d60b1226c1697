/** Platformatic Watt: worker threads that share the port. Its configuration is `servers/watt`. */
import { fileURLToPath } from 'node:url';
import { BENCH_URL, installedPath, missingPackage } from '../installed.ts';
import type { Rival } from '../types.ts';

const FOLDER = fileURLToPath(new URL('servers/watt', BENCH_URL));
/** What its package.json asks for (22.19). */
const OLDEST_NODE = 24;

export const watt: Rival = {
  name: 'watt',
  unavailable: (nodeMajor) =>
    nodeMajor < OLDEST_NODE
      ? `needs Node ${OLDEST_NODE} (--node ${OLDEST_NODE})`
      : missingPackage('wattpm', '@platformatic/node'),
  launch: ({ port, threads }) => ({
    command: ['node', installedPath('wattpm/bin/cli.js'), 'start', FOLDER],
    environment: { PORT: String(port), WORKERS: String(threads) },
  }),
};
