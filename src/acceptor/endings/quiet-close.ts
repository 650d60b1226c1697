/**
 * The lingering close of a connection that no socket has: a refusal is no reason to make one. In
 * place of the event loop a look now and then sees the client's end. Main thread.
 */
import { writeSync } from 'node:fs';
import type { Connection } from '../connection.ts';
import { type Libc, NOTHING_YET } from '../libc.ts';

/** How often a client's end is looked for. */
export const QUIET_LOOK_MS = 10;
const DISCARDED_BYTES = 4096;
/** A client that sends faster than this is read by a socket. */
const MAX_READS = 16;

const discarded = new Uint8Array(DISCARDED_BYTES);

/** Writes the last reply and ends our side. False: nothing was written, a socket is to do it. */
export function endQuietly({ descriptor }: Connection, bytes: Buffer, libc: Pick<Libc, 'endWrite'>): boolean {
  try {
    // Nothing was written before: the kernel has room for so few bytes.
    writeSync(descriptor, bytes);
  } catch {
    return false;
  }
  libc.endWrite(descriptor);
  return true;
}

/** Discards what has come. `ended`: nothing more will. `waits`: more may. `sends`: too much comes. */
export function discard({ descriptor }: Connection, libc: Pick<Libc, 'receive'>): 'ended' | 'waits' | 'sends' {
  for (let read = 0; read < MAX_READS; read += 1) {
    const length = libc.receive(descriptor, discarded);
    if (length === NOTHING_YET) return 'waits';
    // A reset ends it, too.
    if (length <= 0) return 'ended';
  }
  return 'sends';
}
