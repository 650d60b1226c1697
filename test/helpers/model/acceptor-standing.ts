/** How the acceptor stands between two events: all that decides what it will do. */
import type { Connection } from '../../../src/acceptor/connection.ts';
import type { Standing } from './automaton.ts';
import { CLOSED, event, FLUSHED, RING_AGAIN } from './events.ts';
import type { FakeSocket } from './fake-node.ts';

export interface OpenConnection {
  readonly connection: Connection;
  readonly client: number;
  readonly socket: FakeSocket;
}

/** `rest`: what else is to be told apart. */
export function standingOf(
  connections: readonly OpenConnection[],
  pending: number,
  ringsAgain: boolean,
  rest: readonly unknown[],
): Standing {
  const events: number[] = [];
  let reads = 0;
  for (const { client, socket } of connections) {
    if (socket.closes) events.push(event(CLOSED, client));
    if (socket.flushes.length > 0) events.push(event(FLUSHED, client));
    if (socket._handle?.reading === true && !socket.destroyed) reads |= 1 << client;
  }
  if (ringsAgain) events.push(event(RING_AGAIN));
  // In the order in which they wait.
  const overflow = connections
    .map(({ connection }) => connection)
    .filter(({ phase }) => phase === 'overflow')
    .sort((one, other) => one.since - other.since)
    .map(({ slot }) => slot);
  const key = JSON.stringify([connections.map(describe), overflow, pending, ringsAgain, reads, ...rest]);
  return { key, events, reads, pending };
}

function describe({ connection, client, socket }: OpenConnection): unknown[] {
  const { slot, phase, hasEnded, keepsAlive, lendsConnection, descriptor, writeDescriptor, buffer } = connection;
  const isOnLoan = phase === 'lent' || phase === 'gone';
  const kept = buffer?.bytes.toString('latin1', buffer.start, buffer.end);
  return [
    [client, slot, phase, hasEnded, keepsAlive, lendsConnection, descriptor, writeDescriptor],
    [isOnLoan ? connection.loanIndex : 0, kept, connection.lentDescriptors],
    [socket.destroyed, socket.hasEnded, socket.closes, socket.flushes.length, socket.reply * socket.flushes.length],
  ];
}
