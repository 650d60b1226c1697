/**
 * A connection that was accepted, before anything is known of it. Those that libuv accepted have a
 * handle; the others are a bare descriptor, and get a handle only when the event loop must watch
 * them: many a connection brings one request and goes, and is never watched. Main thread.
 */
import { closeSync } from 'node:fs';
import { type AcceptedHandle, createHandle } from '../node-internals.ts';

export class Incoming {
  readonly descriptor: number;
  readonly #like: AcceptedHandle;
  readonly #isBare: boolean;

  /** `like`: its handle, or, where there is none yet, the handle of another connection of the same listener. */
  constructor(descriptor: number, like: AcceptedHandle) {
    this.descriptor = descriptor;
    this.#like = like;
    this.#isBare = like.fd !== descriptor;
  }

  /** No handle has it: its number stays its own until we close it. */
  get isBare(): boolean {
    return this.#isBare;
  }

  /** The handle, from now on the owner. A bare one's is made for `descriptor`, it or a duplicate. Undefined: it can't be. */
  open(descriptor: number = this.descriptor): AcceptedHandle | undefined {
    const handle = this.#isBare ? createHandle(this.#like, descriptor) : this.#like;
    // Inherited from the listener, but for those that an adopted one had in its queue.
    handle?.setNoDelay?.(true);
    return handle;
  }

  /** Of one that was not opened. */
  close(): void {
    if (this.#isBare) closeSync(this.descriptor);
    else this.#like.close();
  }
}
