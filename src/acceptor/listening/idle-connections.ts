/** What connections will need of descriptors, and room made among those on which nothing happens. Main thread. */
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { Libc } from '../libc.ts';

/** Quiet for less than this is no idleness: a client that is about to ask would be cut. */
const IDLE_MS = 1000;

/** Connections whose first request will need a second descriptor. */
export function countFresh({ table }: Connections): number {
  let fresh = 0;
  table.forEach(({ phase, writeDescriptor }) => {
    if (writeDescriptor === -1 && (phase === 'new' || phase === 'reading')) fresh += 1;
  });
  return fresh;
}

/** Gives back up to `wanted` second descriptors of connections between requests: no client notices. Gives how many. */
export function releaseWriteDescriptors(connections: Connections, wanted: number, now: number): number {
  let released = 0;
  connections.table.forEach((connection) => {
    if (released >= wanted || connection.writeDescriptor === -1) return;
    if (connections.standing(connection, now).phase !== 'idle') return;
    connections.releaseWriteDescriptor(connection);
    released += 1;
  });
  return released;
}

/**
 * Frees up to `wanted` descriptors: second ones first, then whole connections that are idle or have
 * never said anything, those that have been for longest first. Gives how many connections it closed.
 */
export function makeRoom(connections: Connections, libc: Pick<Libc, 'hasUnread'>, wanted: number, now: number): number {
  const left = wanted - releaseWriteDescriptors(connections, wanted, now);
  if (left <= 0) return 0;
  const idle: { readonly connection: Connection; readonly since: number }[] = [];
  connections.table.forEach((connection) => {
    const standing = connections.standing(connection, now);
    if (standing.phase === 'new') idle.push({ connection, since: standing.acceptedAt });
    if (standing.phase === 'idle') idle.push({ connection, since: standing.idleSince });
  });
  idle.sort((one, other) => one.since - other.since);
  let closed = 0;
  for (const { connection, since } of idle) {
    if (closed >= left || now - since < IDLE_MS) break;
    // Not one whose next request is here and only not read yet.
    if (connection.socket.destroyed || libc.hasUnread(connection.descriptor)) continue;
    connection.socket.destroy();
    closed += 1;
  }
  return closed;
}
