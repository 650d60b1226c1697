/** What connections will need of descriptors, and room made among those on which nothing happens. Main thread. */
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { Libc } from '../libc.ts';

/** Quiet for less than this is no idleness: a client that is about to ask would be cut. */
const IDLE_MS = 1000;
/** Who connects and says nothing for so long loses least: nobody has asked for anything yet. */
const SILENT_MS = 250;

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

interface Dispensable {
  readonly connection: Connection;
  readonly isSilent: boolean;
  readonly since: number;
}

/**
 * Frees up to `wanted` descriptors: second ones first, then whole connections, those that have never
 * said anything before those that are idle, of each those that have been for longest. Gives how many
 * connections it closed.
 */
export function makeRoom(connections: Connections, libc: Pick<Libc, 'hasUnread'>, wanted: number, now: number): number {
  const left = wanted - releaseWriteDescriptors(connections, wanted, now);
  return left > 0 ? closeDispensable(connections, libc, left, now) : 0;
}

function closeDispensable(
  connections: Connections,
  libc: Pick<Libc, 'hasUnread'>,
  wanted: number,
  now: number,
): number {
  const dispensable: Dispensable[] = [];
  connections.table.forEach((connection) => {
    const standing = connections.standing(connection, now);
    if (standing.phase === 'new' && now - standing.acceptedAt >= SILENT_MS) {
      dispensable.push({ connection, isSilent: true, since: standing.acceptedAt });
    }
    if (standing.phase === 'idle' && now - standing.idleSince >= IDLE_MS) {
      dispensable.push({ connection, isSilent: false, since: standing.idleSince });
    }
  });
  dispensable.sort((one, other) => Number(other.isSilent) - Number(one.isSilent) || one.since - other.since);
  let closed = 0;
  for (const { connection } of dispensable) {
    if (closed === wanted) break;
    // Not one whose next request is here and only not read yet.
    if (connection.isDestroyed || libc.hasUnread(connection.descriptor)) continue;
    connection.socket.destroy();
    closed += 1;
  }
  return closed;
}
