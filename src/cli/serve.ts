/**
 * Runs the server until it is told to stop: SIGTERM and SIGINT drain it, a second one ends the process
 * at once. Explicit handlers, so that it works as process 1 of a container too.
 */
import { constants } from 'node:os';
import type { AddressInfo } from 'node:net';
import { createLogger } from '../logger.ts';
import { Server } from '../server.ts';
import type { ResolvedOptions, ServerOptions } from '../shared/options.ts';

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
export async function serve(options: ServerOptions, resolved: ResolvedOptions): Promise<number> {
  const logger = createLogger(resolved);
  const server = new Server(options);
  const { gracefulTimeoutMs, threadCount, maxPending } = resolved;

  let stoppingSince: number | undefined;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stoppingSince !== undefined) {
        if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
        process.exit(SIGNAL_EXIT_BASE + constants.signals[signal]);
      }
      stoppingSince = performance.now();
      logger.info({ signal, gracefulTimeoutMs }, 'stopping');
      void server.stop({ gracefulTimeoutMs });
    });
  }

  try {
    await server.start();
  } catch (error) {
    // Told to stop before it had started: that it did not start is no failure then.
    if (stoppingSince === undefined) throw error;
    await server.closed;
    return 0;
  }
  logger.info({ url: toUrl(server.address()), threads: threadCount, maxPending }, 'listening');
  await server.closed;
  // It has stopped: this is the report of that stop, not another.
  logger.info({ ...(await server.stop()) }, 'stopped');
  return 0;
}

/** `http://127.0.0.1:9292`, `http://[::1]:9292`, `unix:/run/app.sock`. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return `unix:${String(address)}`;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
