/**
 * Runs the server until it is told to stop: SIGTERM and SIGINT drain it, a second one ends the process
 * at once; SIGHUP loads the app anew, and so does a change of its source if it is watched. Explicit
 * handlers, so that it works as process 1 of a container too.
 */
import { constants } from 'node:os';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadLibc } from '../acceptor/libc.ts';
import { createLogger } from '../logger.ts';
import { Server } from '../server.ts';
import type { ResolvedOptions, ServerOptions } from '../shared/options/options.ts';
import { watchTerminal } from './terminal.ts';
import { packageFolderOf, watchFolder } from './watch-folder.ts';

export interface ServeSettings {
  /** Whether a change in the app's package loads the app anew. */
  readonly watch: boolean;
}

/** Signals that stop the server. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * One Ctrl-C can come twice: npm passes on the signal that the terminal has sent to all of its group.
 * Only what comes later than this is a second wish.
 */
const SAME_SIGNAL_MS = 500;

/** Shells say 128 + number for a process that a signal ended. */
const SIGNAL_EXIT_BASE = 128;

/** Resolves with the exit code when the server has stopped. Rejects if it cannot start. */
export async function serve(
  options: ServerOptions,
  resolved: ResolvedOptions,
  settings: ServeSettings,
): Promise<number> {
  const logger = createLogger(resolved);
  const server = new Server(options);
  const { gracefulTimeoutMs, threadCount, maxPending } = resolved;

  let stoppingSince: number | undefined;
  const stop = (signal: (typeof STOP_SIGNALS)[number] | 'SIGHUP'): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
      loadLibc().exit(SIGNAL_EXIT_BASE + constants.signals[signal]);
    }
    stoppingSince = performance.now();
    logger.info({ signal, gracefulTimeoutMs }, 'stopping');
    void server.stop({ gracefulTimeoutMs });
  };
  for (const signal of STOP_SIGNALS) process.on(signal, () => stop(signal));

  const reload = (fields: Readonly<Record<string, unknown>>): void => {
    // What is loading is not old yet, and what stops needs nothing new.
    if (!server.stats().ready) return;
    logger.info(fields, 'loading the app anew');
    server.reload().catch((err: unknown) => {
      if (stoppingSince === undefined) logger.error({ err }, 'the app could not be loaded anew: the old one serves on');
    });
  };
  const isTerminalGone = watchTerminal();
  process.on('SIGHUP', () => (isTerminalGone() ? stop('SIGHUP') : reload({ signal: 'SIGHUP' })));

  try {
    await server.start();
  } catch (error) {
    // Told to stop before it had started: that it did not start is no failure then.
    if (stoppingSince === undefined) throw error;
    await server.closed;
    return 0;
  }
  logger.info({ url: toUrl(server.address()), threads: threadCount, maxPending }, 'listening');
  const folder = packageFolderOf(fileURLToPath(resolved.app));
  const endWatch = settings.watch ? watchFolder(folder, () => reload({ changed: folder })) : undefined;
  await server.closed;
  endWatch?.();
  // It has stopped: this is the report of that stop, not another.
  logger.info({ ...(await server.stop()) }, 'stopped');
  // A thread that native code holds could not be ended; and Node aborts when it cannot reset the terminal.
  if (server.stats().threads.length > 0 || isTerminalGone()) loadLibc().exit(0);
  return 0;
}

/** `http://127.0.0.1:9292`, `http://[::1]:9292`, `unix:/run/app.sock`. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return `unix:${String(address)}`;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
