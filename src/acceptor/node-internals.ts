/**
 * The undocumented Node API that the acceptor needs, in one place, each with a test on every Node.
 * What it buys: accepted handles without a first `net.Socket` (23 us an accept), one read buffer for
 * all connections, reads that stop at once, and the descriptor's number.
 */
import net from 'node:net';

/** libuv's handle of an accepted connection. */
export interface AcceptedHandle {
  readonly fd: number;
  reading: boolean;
  readStart(): number;
  readStop(): number;
  setNoDelay?(enable: boolean): number;
  close(): void;
}

interface ListeningHandle {
  setNoDelay?(enable: boolean): number;
  onconnection: (error: number, handle?: AcceptedHandle) => void;
}

type WithHandle<Handle> = { readonly _handle: Handle | null };

const handleOf = <Handle>(owner: object): Handle | null => (owner as WithHandle<Handle>)._handle;

/** Gives accepted connections as handles instead of sockets, each of which sends without delay. `server` must listen. */
export function takeConnections(server: net.Server, onConnection: ListeningHandle['onconnection']): void {
  const handle = handleOf<ListeningHandle>(server);
  if (handle === null || typeof handle.onconnection !== 'function') {
    throw new TypeError('This net.Server does not listen, or not in this process.');
  }
  handle.onconnection = onConnection;
  // Accepted connections inherit it: a system call less for each.
  handle.setNoDelay?.(true);
}

/** `TCPConstants.SOCKET` and `PipeConstants.SOCKET`: a connection, not a listener. */
const SOCKET = 0;

/** A handle for a connection that libuv has not accepted itself, of the same kind as one that it has. Undefined: it can't be. */
export function createHandle(like: AcceptedHandle, descriptor: number): AcceptedHandle | undefined {
  const Handle = like.constructor as new (type: number) => AcceptedHandle & { open(descriptor: number): number };
  const handle = new Handle(SOCKET);
  return handle.open(descriptor) === 0 ? handle : undefined;
}

/**
 * A socket that reads into `buffer`, shared by all of them: copy in the callback; `false` stops
 * reading. It does not read before `startReading`.
 */
export function createSocket(
  handle: AcceptedHandle,
  buffer: Uint8Array,
  onRead: (length: number, buffer: Uint8Array) => boolean,
): net.Socket {
  const options = { handle, allowHalfOpen: true, manualStart: true, onread: { buffer, callback: onRead } };
  return new net.Socket(options as unknown as net.SocketConstructorOpts);
}

/** Stops at once; `socket.pause()` would read ahead. */
export function stopReading(socket: net.Socket): void {
  const handle = handleOf<AcceptedHandle>(socket);
  if (handle === null || !handle.reading) return;
  handle.reading = false;
  handle.readStop();
}

let started = 0;

/** How often reading has begun: libuv hears of it at the beginning of the event loop's next turn. */
export const readsStarted = (): number => started;

export function startReading(socket: net.Socket): void {
  const handle = handleOf<AcceptedHandle>(socket);
  if (handle === null || handle.reading) return;
  started += 1;
  handle.reading = true;
  handle.readStart();
}

/** The descriptor's number, -1 once it is closed. */
export const descriptorOf = (owner: net.Socket | net.Server): number =>
  handleOf<{ readonly fd: number }>(owner)?.fd ?? -1;
