/**
 * Where connections come in: each gets its slot and its socket, or, where there are too many, the
 * 503 and the way out. Main thread.
 */
import { nowMs } from '../../shared/clock.ts';
import { Connection } from '../connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Connections } from '../connections.ts';
import type { Departures } from '../endings/departures.ts';
import { type AcceptedHandle, createSocket } from '../node-internals.ts';

/** One read at most; the buffer is shared by all connections. */
const READ_BYTES = 64 * 1024;
/** So many at once may be told that there is no room; those beyond are closed without a word. */
const MAX_REFUSED = 1024;

export interface DoorwayParts {
  readonly connections: Connections;
  readonly departures: Departures;
  /** Bytes have come. False stops reading. */
  readonly whenRead: (connection: Connection, length: number, bytes: Uint8Array) => boolean;
}

export class Doorway {
  readonly #parts: DoorwayParts;
  readonly #readBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(parts: DoorwayParts) {
    this.#parts = parts;
  }

  accept(handle: AcceptedHandle): void {
    const { connections, departures, whenRead } = this.#parts;
    const slot = this.#isCrowded(connections.limits) ? undefined : connections.table.takeSlot();
    if (slot === undefined) {
      handle.close();
      return;
    }
    handle.setNoDelay?.(true);
    const now = nowMs();
    const { fd } = handle;
    const socket = createSocket(handle, this.#readBuffer, (length, bytes) => whenRead(connection, length, bytes));
    const connection = new Connection(slot, socket, fd, now);
    socket.on('end', () => departures.whenEnded(connection));
    // 'close' follows and does what is to be done.
    socket.on('error', ignore);
    socket.on('close', () => departures.whenClosed(connection));
    connections.add(connection, now);
    this.#admit(connection, now);
  }

  #admit(connection: Connection, now: number): void {
    const { connections } = this.#parts;
    const { limits } = connections;
    if (limits.isPerIp) connection.ip = connection.socket.remoteAddress;
    const limit = limits.tryAcquire(connection.ip);
    connection.hasPermit = limit === undefined;
    if (limit !== undefined) connections.reject(connection, limit, now);
  }

  /** Connections without a permit are those that are being told so. */
  #isCrowded({ open }: ConnectionLimits): boolean {
    return this.#parts.connections.table.size - open >= MAX_REFUSED;
  }
}

const ignore = (): void => {};
