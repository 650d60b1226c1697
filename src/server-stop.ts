/**
 * How a server stops once it has ceased to be ready: it drains, cuts what is left when the time is
 * up, lets the threads close the app, and tells what became of each kind. Main thread.
 */
import type { Acceptor } from './acceptor/acceptor.ts';
import type { ThreadPool } from './pool/thread-pool.ts';
import type { ServerStats } from './server-stats.ts';

/** While the server drains a connection between requests may still bring one for this long. */
const DRAIN_IDLE_MS = 500;
/** How long the threads may take to close the app once nothing is left to serve. */
const CLOSE_APP_MS = 2000;

/** What a stop has done. */
export interface StopReport {
  /** Connections that were open when it began to drain. */
  readonly connections: number;
  /** Requests that were still served to their end. */
  readonly served: number;
  /** Requests that still waited when the time was up, answered 503. */
  readonly refused: number;
  /** Connections cut with a request that was being read or served. */
  readonly cut: number;
  /** Upgraded connections (WebSocket) that had not ended, cut too. */
  readonly upgraded: number;
  /** Threads that had not closed their app in time, terminated. */
  readonly terminated: number;
}

export interface StopParts {
  readonly acceptor: Acceptor;
  readonly pool: ThreadPool | undefined;
  readonly lastConnection: LastConnection;
  readonly stats: () => ServerStats;
  readonly closeListener: () => Promise<void> | undefined;
}

/** Resolves when no connection and no thread is left, but those that native code holds. */
export async function drainAndClose(parts: StopParts, gracefulTimeoutMs: number): Promise<StopReport> {
  const { acceptor, pool, lastConnection, stats, closeListener } = parts;
  const atDrain = stats();
  const listenerClosed = closeListener();
  acceptor.drain(DRAIN_IDLE_MS);
  pool?.tellAll({ type: 'drain' });
  const isOver = await lastConnection.wait(gracefulTimeoutMs);
  const atEnd = stats();
  const upgraded = isOver ? 0 : atEnd.upgraded;
  const { replied, cut } = isOver ? { replied: 0, cut: 0 } : acceptor.cutAll();
  const terminated = (await pool?.stop(CLOSE_APP_MS)) ?? 0;
  await lastConnection.wait(gracefulTimeoutMs === 0 ? 0 : DRAIN_IDLE_MS);
  // A thread counts its last request after it has told of it; what was cut is not to count.
  const served = isOver ? stats().served : atEnd.served;
  await listenerClosed;
  acceptor.close();
  return {
    connections: atDrain.connections,
    served: served - atDrain.served,
    refused: replied,
    // An upgraded connection is no request any more, though a thread has it.
    cut: Math.max(0, cut - upgraded),
    upgraded,
    terminated,
  };
}

/** Waits for the last of the open connections. */
export class LastConnection {
  readonly #count: () => number;
  #whenOver: (() => void) | undefined;

  constructor(count: () => number) {
    this.#count = count;
  }

  /** To be called at the end of each connection. */
  connectionOver(): void {
    if (this.#count() === 0) this.#whenOver?.();
  }

  /** True when none is left; false when `timeoutMs` were not enough. */
  wait(timeoutMs: number): Promise<boolean> {
    if (this.#count() === 0) return Promise.resolve(true);
    if (timeoutMs === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (isOver: boolean): void => {
        clearTimeout(timer);
        this.#whenOver = undefined;
        resolve(isOver);
      };
      const timer = setTimeout(() => end(false), timeoutMs);
      this.#whenOver = () => end(true);
    });
  }
}
