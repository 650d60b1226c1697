/** The end of a server: its connections are told, and what is left when the time is up is cut. Main thread. */
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import { DRAINING } from '../../shared/memory/layout.ts';
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { SettlementCounts } from './dead-threads.ts';
import type { Lending } from '../lending/lending.ts';
import type { Libc } from '../libc.ts';

export interface DrainParts {
  readonly memory: Memory;
  readonly libc: Libc;
  readonly connections: Connections;
  readonly lending: Lending;
}

/** From now on every reply says close; connections between requests go after `idleMs`. */
export function beginDrain({ memory, connections }: DrainParts, idleMs: number): void {
  memory.store(DRAINING, 1);
  connections.drain(idleMs);
}

/** The drain's time is up: what waits gets its 503, the rest is cut. */
export function cutAll(parts: DrainParts): SettlementCounts {
  const now = nowMs();
  const counts: SettlementCounts = { replied: 0, cut: 0 };
  parts.connections.table.forEach((connection) => cut(parts, connection, counts, now));
  return counts;
}

function cut(parts: DrainParts, connection: Connection, counts: SettlementCounts, now: number): void {
  const { libc, connections, lending } = parts;
  const isOnLoan = connection.phase === 'lent' || connection.phase === 'overflow';
  if (isOnLoan && lending.cancel(connection, now)) {
    counts.replied += 1;
    connections.reject(connection, 'drain', now);
    return;
  }
  if (connection.phase === 'lingering') return;
  const isHeld = isOnLoan && !connections.isBack(connection);
  if (connection.phase === 'reading' || isHeld) counts.cut += 1;
  // A thread has a duplicate: without it the client would hear of the end only when the thread lets go.
  if (isHeld && !connection.isDestroyed) libc.shutdown(connection.descriptor);
  connection.socket.destroy();
}
