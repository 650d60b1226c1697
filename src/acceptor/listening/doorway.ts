/**
 * Where connections come in: each gets its slot, or, where there are too many, the 503 and the way
 * out. Its first bytes are read at once; one whose first request is its last is not watched any
 * further, and costs neither a socket nor a place in the event loop (a connection for every request
 * costs 9 to 14 % less). Main thread.
 */
import net from 'node:net';
import { nowMs } from '../../shared/clock.ts';
import { Connection } from '../connection.ts';
import { BriefWait } from './brief-wait.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Connections } from '../connections.ts';
import type { Departures } from '../endings/departures.ts';
import type { Incoming } from './incoming.ts';
import { type Libc, NOTHING_YET } from '../libc.ts';
import { type AcceptedHandle, createSocket, startReading } from '../node-internals.ts';

/** One read at most; the buffer is shared by all connections. */
const READ_BYTES = 64 * 1024;
/** So many at once may be told that there is no room; those beyond are closed without a word. */
const MAX_REFUSED = 1024;
/** A client that leaves an unwatched connection is noticed within this. */
const UNWATCHED_MS = 10;

export interface DoorwayParts {
  readonly connections: Connections;
  readonly departures: Departures;
  readonly libc: Libc;
  /** Bytes have come. False stops reading. */
  readonly whenRead: (connection: Connection, length: number, bytes: Uint8Array) => boolean;
}

export class Doorway {
  readonly #parts: DoorwayParts;
  readonly #readBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #briefWait: BriefWait;
  readonly #open = (connection: Connection): net.Socket => this.#openSocket(connection);

  constructor(parts: DoorwayParts) {
    this.#parts = parts;
    this.#briefWait = new BriefWait({
      libc: parts.libc,
      whenReady: (connection, now) => {
        if (this.#readFirst(connection, now) === NOTHING_YET) this.watch(connection);
      },
      whenSilent: (connection) => this.watch(connection),
    });
  }

  accept(incoming: Incoming): void {
    const { connections } = this.#parts;
    const slot = this.#isCrowded(connections.limits) ? undefined : connections.table.takeSlot();
    if (slot === undefined) {
      incoming.close();
      return;
    }
    const now = nowMs();
    const connection = new Connection(slot, incoming, this.#open, now);
    connections.add(connection, now);
    if (this.#admit(connection, now) && this.#readFirst(connection, now) === NOTHING_YET)
      this.#briefWait.add(connection);
  }

  /** From now on its bytes, its end and its reset are heard of. */
  watch(connection: Connection): void {
    startReading(connection.socket);
  }

  #admit(connection: Connection, now: number): boolean {
    const { connections, libc } = this.#parts;
    const { limits } = connections;
    if (limits.isPerIp) {
      connection.ip = libc.addressOf(connection.descriptor, 'remote')?.address ?? connection.socket.remoteAddress;
    }
    const limit = limits.tryAcquire(connection.ip);
    connection.hasPermit = limit === undefined;
    if (limit === undefined) return true;
    connections.reject(connection, limit, now);
    return false;
  }

  /** Gives what the read gave. */
  #readFirst(connection: Connection, now: number): number {
    const { libc, connections, whenRead } = this.#parts;
    const length = libc.receive(connection.descriptor, this.#readBuffer);
    if (length === NOTHING_YET) return length;
    // An end or an error is left to the socket to find again.
    const readsOn = length <= 0 || whenRead(connection, length, this.#readBuffer);
    if (isLastRequest(connection)) connections.lookBefore(connection, now + UNWATCHED_MS);
    else if (readsOn && !isEndingQuietly(connection)) this.watch(connection);
    return length;
  }

  #openSocket(connection: Connection): net.Socket {
    const { departures, whenRead } = this.#parts;
    const handle = this.#openHandle(connection);
    const onRead = (length: number, bytes: Uint8Array): boolean => whenRead(connection, length, bytes);
    const socket = handle === undefined ? new net.Socket() : createSocket(handle, this.#readBuffer, onRead);
    socket.on('end', () => departures.whenEnded(connection));
    // 'close' follows and does what is to be done.
    socket.on('error', ignore);
    socket.on('close', () => departures.whenClosed(connection));
    if (handle === undefined) socket.destroy();
    return socket;
  }

  /** Undefined: descriptors are used up, and the client is cut. */
  #openHandle(connection: Connection): AcceptedHandle | undefined {
    const { libc } = this.#parts;
    const { descriptor, writeDescriptor, incoming } = connection;
    // On one that threads write on it must not close when it likes.
    const own = descriptor === writeDescriptor ? this.#tryDuplicate(descriptor) : descriptor;
    const handle = own === -1 ? undefined : incoming.open(own);
    if (handle === undefined) {
      libc.shutdown(descriptor);
      if (own !== -1) libc.close(own);
    }
    connection.descriptor = handle === undefined ? -1 : own;
    return handle;
  }

  #tryDuplicate(descriptor: number): number {
    try {
      return this.#parts.libc.duplicate(descriptor);
    } catch {
      return -1;
    }
  }

  /** Connections without a permit are those that are being told so. */
  #isCrowded({ open }: ConnectionLimits): boolean {
    return this.#parts.connections.table.size - open >= MAX_REFUSED;
  }
}

/** Lent, and nothing may follow: only the end of the loan is waited for. */
const isLastRequest = (connection: Connection): boolean =>
  connection.phase === 'lent' &&
  !connection.keepsAlive &&
  !connection.lendsConnection &&
  connection.buffer === undefined &&
  connection.isUnwatched;

const isEndingQuietly = ({ isUnwatched, phase }: Connection): boolean => isUnwatched && phase === 'lingering';

const ignore = (): void => {};
