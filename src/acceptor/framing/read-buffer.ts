/**
 * The bytes of one connection that were read and not used yet. Grows by doubling, so that a client
 * that sends byte by byte costs no more copying than one that doesn't. Large memory is used again:
 * new memory costs a page fault for every 4 KiB, and collections (a body of 64 KiB: a third of what
 * the whole request costs).
 */
const FIRST_BYTES = 1024;
/** Smaller ones come from Node's own pool, or cost little. */
const MIN_SPARE_BYTES = 16 * 1024;
/** All that is kept for use. */
const MAX_SPARE_BYTES = 4 * 1024 * 1024;

/** By size. */
const spare = new Map<number, Buffer[]>();
let spareBytes = 0;

const takeMemory = (size: number): Buffer => {
  const memory = spare.get(size)?.pop();
  if (memory === undefined) return Buffer.allocUnsafe(size);
  spareBytes -= size;
  return memory;
};

const keepMemory = (memory: Buffer): void => {
  const { length } = memory;
  if (length < MIN_SPARE_BYTES || spareBytes + length > MAX_SPARE_BYTES) return;
  const ofSize = spare.get(length);
  if (ofSize === undefined) spare.set(length, [memory]);
  else ofSize.push(memory);
  spareBytes += length;
};

const NOTHING = Buffer.alloc(0);

export class ReadBuffer {
  #bytes: Buffer;
  start = 0;
  end = 0;

  constructor(source: Uint8Array, start: number, end: number) {
    this.#bytes = takeMemory(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(end - start + 1))));
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

  /** All was used: its memory is another one's from now on. */
  release(): void {
    keepMemory(this.#bytes);
    this.#bytes = NOTHING;
    this.start = 0;
    this.end = 0;
  }

  #makeRoom(length: number): void {
    const from = this.#bytes;
    const held = from.subarray(this.start, this.end);
    let capacity = from.length;
    while (capacity < held.length + length) capacity *= 2;
    const target = capacity === from.length ? from : takeMemory(capacity);
    // Within one buffer the two ranges may overlap: copyWithin's rules, which `set` follows.
    target.set(held, 0);
    this.#bytes = target;
    this.end = held.length;
    this.start = 0;
    if (target !== from) keepMemory(from);
  }
}
