/**
 * The rest of a reply that the kernel did not take at once. Asks the acceptor for a duplicate of
 * the connection's descriptor and writes the rest on it as a `net.Socket`, which waits for the
 * client as any socket does. One rest at a time: the stream in front keeps the queue, and may write
 * past this again once the rest is out.
 */
import { Socket } from 'node:net';
import type { RequestLoan } from '../loan.ts';
import { connectionLost, writeCanceled } from './socket-errors.ts';

/**
 * Written in slices of this size: each slice that the kernel took is progress that time-outs of
 * the app may be refreshed by.
 */
const SLICE_BYTES = 65_536;

type Done = (error?: Error | null) => void;

const ignore = (): void => {};

/** Closes a duplicate that nobody needs any more. Adopted first: `fs.closeSync` would print a warning. */
const discard = (fd: number): void => {
  try {
    new Socket({ fd, readable: false }).destroy();
  } catch {
    // Not a socket any more: whoever closed it has done our work.
  }
};

export class BlockedReply {
  readonly #writeTimeoutMs: number;
  readonly #onProgress: (bytes: number) => void;
  readonly #onTimeout: () => void;
  #socket: Socket | undefined;
  #isDestroyed = false;
  #bytes: Uint8Array | undefined;
  #offset = 0;
  #done: Done | undefined;

  /** `writeTimeoutMs` 0 waits for ever. `onTimeout`: bytes were queued and the kernel took none for so long. */
  constructor(loan: RequestLoan, writeTimeoutMs: number, onProgress: (bytes: number) => void, onTimeout: () => void) {
    this.#writeTimeoutMs = writeTimeoutMs;
    this.#onProgress = onProgress;
    this.#onTimeout = onTimeout;
    loan.requestDuplicate().then(
      (fd) => this.#adopt(fd),
      () => this.#adopt(undefined),
    );
  }

  /** Writes `bytes`, which must not change until `done` is called. */
  send(bytes: Uint8Array, done: Done): void {
    this.#bytes = bytes;
    this.#offset = 0;
    this.#done = done;
    if (this.#socket !== undefined) this.#sendSlice(this.#socket, bytes);
  }

  /** Closes the duplicate, also one that comes later. What was not written never will be. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#bytes = undefined;
    this.#socket?.destroy();
  }

  /** Tells the writer of the bytes that a `destroy()` left unwritten, as late as node does. */
  cancel(): void {
    this.#finish(writeCanceled());
  }

  #adopt(fd: number | undefined): void {
    if (this.#isDestroyed) {
      if (fd !== undefined) discard(fd);
      return;
    }
    if (fd === undefined) {
      this.#finish(connectionLost());
      return;
    }
    try {
      this.#socket = new Socket({ fd, readable: false, writable: true });
    } catch (error) {
      this.#finish(error instanceof Error ? error : connectionLost());
      return;
    }
    this.#socket.on('timeout', this.#onTimeout);
    // Every failure of the socket is the failure of a write, and reported there.
    this.#socket.on('error', ignore);
    if (this.#bytes !== undefined) this.#sendSlice(this.#socket, this.#bytes);
  }

  #sendSlice(socket: Socket, bytes: Uint8Array): void {
    const slice = bytes.subarray(this.#offset, this.#offset + SLICE_BYTES);
    // Node's own socket time-out is put off while the kernel's queue of a pending write shrinks.
    socket.setTimeout(this.#writeTimeoutMs);
    socket.write(slice, (error) => this.#onSliceWritten(socket, bytes, slice.length, error));
  }

  #onSliceWritten(socket: Socket, bytes: Uint8Array, count: number, error: Error | null | undefined): void {
    // Node 20 calls back without an error when the socket was destroyed under the write.
    if (this.#isDestroyed) return;
    if (error) {
      this.#finish(error);
      return;
    }
    this.#offset += count;
    this.#onProgress(count);
    if (this.#offset < bytes.length) {
      this.#sendSlice(socket, bytes);
      return;
    }
    socket.setTimeout(0);
    this.#finish();
  }

  #finish(error?: Error): void {
    const done = this.#done;
    this.#bytes = undefined;
    this.#done = undefined;
    if (error === undefined) done?.();
    else done?.(error);
  }
}
