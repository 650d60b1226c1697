/**
 * Where the bytes of a lent connection stand, read by read: in a head, in a body, or behind both.
 * In come the heads that node's parser announces and the length of each read; no bytes. Worker
 * threads.
 */
import type { IncomingMessage } from 'node:http';

export class ReadProgress {
  #request: IncomingMessage | undefined;
  #hasTaken = false;
  #wasInBody = false;
  #headBytes = 0;

  /** Node's parser has announced a head in this read. */
  take(request: IncomingMessage): void {
    this.#request = request;
    this.#hasTaken = true;
  }

  /** The request whose body is being read. */
  get unfinished(): IncomingMessage | undefined {
    return this.#request?.complete === false ? this.#request : undefined;
  }

  /** Bytes of a head that has not ended, in reads that belong to it alone: where it began in a read nobody says. */
  get headBytes(): number {
    return this.#headBytes;
  }

  /** After node has parsed a read. True if a request has ended in it and no other body has begun. */
  advance(bytes: number): boolean {
    const isInBody = this.unfinished !== undefined;
    const hasEnded = !isInBody && (this.#hasTaken || this.#wasInBody);
    this.#hasTaken = false;
    this.#wasInBody = isInBody;
    this.#headBytes = isInBody || hasEnded ? 0 : this.#headBytes + bytes;
    return hasEnded;
  }
}
