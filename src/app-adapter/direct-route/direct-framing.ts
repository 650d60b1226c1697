/**
 * Frames a streaming body for the wire: chunks, or bytes counted against the length that the head
 * promised. In comes an iterator of bytes, out comes one that throws where the client must not take
 * the body for whole. Worker thread.
 */
import type { ByteIterator } from './direct-body.ts';

const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');
const CRLF_LENGTH = 2;

export class FramedBytes implements ByteIterator {
  readonly #source: ByteIterator;
  readonly #isChunked: boolean;
  /** Bytes still owed; `undefined` if the head promised no length. */
  #owed: number | undefined;
  readonly #onError: (error: unknown) => void;
  #isOver = false;

  constructor(source: ByteIterator, isChunked: boolean, length: number | undefined, onError: (error: unknown) => void) {
    this.#source = source;
    this.#isChunked = isChunked;
    this.#owed = length;
    this.#onError = onError;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return { done: true, value: undefined };
    try {
      return await this.#nextFramed();
    } catch (error) {
      // The client has left: what its absence breaks in the source is nobody's failure.
      if (this.#isOver) return { done: true, value: undefined };
      void this.return();
      this.#onError(error);
      throw error;
    }
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#isOver = true;
    return this.#source.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #nextFramed(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) return this.#end();
      // A chunk without bytes would end a chunked body.
      if (value.length === 0) continue;
      this.#count(value.length);
      return { done: false, value: this.#isChunked ? chunkOf(value) : value };
    }
  }

  #count(bytes: number): void {
    if (this.#owed === undefined) return;
    this.#owed -= bytes;
    if (this.#owed < 0) throw new RangeError('The body is longer than the content-length of its reply');
  }

  #end(): IteratorResult<Uint8Array> {
    if (this.#isOver) return { done: true, value: undefined };
    if (this.#owed !== undefined && this.#owed > 0) {
      throw new RangeError(`The body is ${this.#owed} bytes shorter than the content-length of its reply`);
    }
    if (!this.#isChunked) return { done: true, value: undefined };
    this.#isOver = true;
    return { done: false, value: LAST_CHUNK };
  }
}

/** Copied: one write instead of three costs more than the copy does. */
function chunkOf(bytes: Uint8Array): Buffer {
  const size = `${bytes.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + CRLF_LENGTH);
  chunk.write(size, 0, 'latin1');
  chunk.set(bytes, size.length);
  chunk.write('\r\n', size.length + bytes.length, 'latin1');
  return chunk;
}
