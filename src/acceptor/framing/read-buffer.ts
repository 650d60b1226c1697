/**
 * The bytes of one connection that were read and not used yet. Grows by doubling, so that a client
 * that sends byte by byte costs no more copying than one that doesn't.
 */
const FIRST_BYTES = 1024;

export class ReadBuffer {
  #bytes: Buffer;
  start = 0;
  end = 0;

  constructor(source: Uint8Array, start: number, end: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(end - start + 1))));
    this.append(source, start, end);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.end - this.start;
  }

  append(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.end + length > this.#bytes.length) this.#makeRoom(length);
    this.#bytes.set(source.subarray(start, end), this.end);
    this.end += length;
  }

  #makeRoom(length: number): void {
    const held = this.#bytes.subarray(this.start, this.end);
    let capacity = this.#bytes.length;
    while (capacity < held.length + length) capacity *= 2;
    const target = capacity === this.#bytes.length ? this.#bytes : Buffer.allocUnsafe(capacity);
    // Within one buffer the two ranges may overlap: copyWithin's rules, which `set` follows.
    target.set(held, 0);
    this.#bytes = target;
    this.end = held.length;
    this.start = 0;
  }
}
