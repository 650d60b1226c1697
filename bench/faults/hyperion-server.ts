/** This project in the fault bench: descriptor, and the program itself. SIGHUP loads the app anew. */
import { fileURLToPath } from 'node:url';
import type { Server as HyperionServer } from '../../src/index.ts';
import { readSetup } from '../rivals/setup.ts';
import type { FaultContender } from './types.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
/** As small as in the rivals, so that memory runs out soon. */
const HEAP_MEGABYTES = 32;

export const hyperion: FaultContender = {
  name: 'hyperion',
  unavailable: () => undefined,
  launch: () => ({ command: ['node', THIS_FILE] }),
  reloadSignal: 'SIGHUP',
};

if (process.argv[1] === THIS_FILE) {
  const { appUrl, threads, port, keepAliveMs, hyperionUrl, settings } = readSetup();
  const { Server } = (await import(hyperionUrl)) as { Server: typeof HyperionServer };
  const server = new Server({
    app: appUrl,
    port,
    threadCount: threads,
    keepAliveTimeoutMs: keepAliveMs,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    logLevel: 'warn',
    ...settings,
  });
  process.on('SIGHUP', () => void server.reload().catch((error: unknown) => console.error(error)));
  process.once('SIGTERM', () => {
    void server.stop({ gracefulTimeoutMs: 0 }).then(() => process.exit());
  });
  await server.start();
}
