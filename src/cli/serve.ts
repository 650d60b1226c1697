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

/** Shells say 128 + number for a process that a signal ended. */
const SIGNAL_EXIT_BASE = 128;

/** Resolves with the exit code when the server has stopped. Rejects if it cannot start. */
export async function serve(options: ServerOptions, resolved: ResolvedOptions): Promise<number> {
  const logger = createLogger(resolved);
  const server = new Server(options);
  const { gracefulTimeoutMs, threadCount, maxPending } = resolved;

  let isStopping = false;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (isStopping) process.exit(SIGNAL_EXIT_BASE + constants.signals[signal]);
      isStopping = true;
      logger.info({ signal, gracefulTimeoutMs }, 'stopping');
      void server.stop({ gracefulTimeoutMs });
    });
  }

  try {
    await server.start();
  } catch (error) {
    // Told to stop before it had started: that it did not start is no failure then.
    if (!isStopping) throw error;
    await server.closed;
    return 0;
  }
  logger.info({ url: toUrl(server.address()), threads: threadCount, maxPending }, 'listening');
  await server.closed;
  return 0;
}

/** `http://127.0.0.1:9292`, `http://[::1]:9292`, `unix:/run/app.sock`. */
export function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return `unix:${String(address)}`;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
