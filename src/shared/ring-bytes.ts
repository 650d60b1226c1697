/**
 * The bytes of a ring entry: two address texts and the request. A small request stands in the
 * entry's own area, so that a busy ring stays in the caches; a larger one in one of a few shared
 * blocks, which the acceptor gives out. Plain memory: written before the entry is published, read
 * after it is claimed.
 */
import type { Memory } from './cells.ts';
import {
  ENTRY_BYTES,
  ENTRY_DESCRIPTOR,
  ENTRY_HEAD_LENGTH,
  ENTRY_LENGTH,
  ENTRY_LOCAL_LENGTH,
  ENTRY_LOCAL_PORT,
  ENTRY_REMOTE_LENGTH,
  ENTRY_REMOTE_PORT,
  entryCell,
  type Layout,
  SMALL_BYTES,
} from './layout.ts';
import { isHeldEntry } from './request-ring.ts';

/** Offsets are stored in units of 64 bytes, so that a large buffer fits 32 bits. */
const UNIT = 64;

/** A connection's two ends as they travel: latin1 texts, empty where there is none. */
export interface WireAddresses {
  readonly remote: Uint8Array;
  readonly remotePort: number;
  readonly local: Uint8Array;
  readonly localPort: number;
}

/** Acceptor: writes entries and gives out the blocks. */
export class RingWriter {
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #bytes: Uint8Array;
  /** Which block a ring position uses, -1: none. */
  readonly #blockOf: Int16Array;
  readonly #freeBlocks: number[] = [];

  constructor(memory: Memory, layout: Layout, buffer: SharedArrayBuffer) {
    this.#memory = memory;
    this.#layout = layout;
    this.#bytes = new Uint8Array(buffer);
    this.#blockOf = new Int16Array(layout.ringSize).fill(-1);
    // The lowest number is given out first: blocks never used stay untouched pages.
    for (let block = layout.blockCount - 1; block >= 0; block -= 1) this.#freeBlocks.push(block);
  }

  /** The most bytes one request may have. */
  get maxBytes(): number {
    return this.#layout.blockBytes - 128;
  }

  /** Writes the entry at `index`, which must be free. False: it needs a block and all are in use. */
  write(
    index: number,
    descriptor: number,
    addresses: WireAddresses,
    source: Uint8Array,
    start: number,
    end: number,
    headLength: number,
  ): boolean {
    const { remote, local } = addresses;
    const length = end - start;
    const offset = this.#place(index, remote.length + local.length + length);
    if (offset === -1) return false;
    const bytes = this.#bytes;
    bytes.set(remote, offset);
    bytes.set(local, offset + remote.length);
    const from = start === 0 && end === source.length ? source : source.subarray(start, end);
    bytes.set(from, offset + remote.length + local.length);
    const memory = this.#memory;
    const cell = entryCell(this.#layout, index);
    memory.store(cell + ENTRY_DESCRIPTOR, descriptor);
    memory.store(cell + ENTRY_LENGTH, length);
    memory.store(cell + ENTRY_HEAD_LENGTH, headLength);
    memory.store(cell + ENTRY_REMOTE_LENGTH, remote.length);
    memory.store(cell + ENTRY_LOCAL_LENGTH, local.length);
    memory.store(cell + ENTRY_REMOTE_PORT, addresses.remotePort);
    memory.store(cell + ENTRY_LOCAL_PORT, addresses.localPort);
    memory.store(cell + ENTRY_BYTES, offset / UNIT);
    return true;
  }

  #place(index: number, length: number): number {
    const layout = this.#layout;
    const position = index & (layout.ringSize - 1);
    this.#giveBack(position);
    if (length <= SMALL_BYTES) return layout.smallAreas + position * SMALL_BYTES;
    // The acceptor keeps no more than that: a rule is broken, and the next block's request would be, too.
    if (length > layout.blockBytes) throw new RangeError('A request is larger than its place in shared memory.');
    const block = this.#takeBlock();
    if (block === undefined) return -1;
    this.#blockOf[position] = block;
    return layout.blocks + block * layout.blockBytes;
  }

  #takeBlock(): number | undefined {
    if (this.#freeBlocks.length === 0) {
      for (let position = 0; position < this.#layout.ringSize; position += 1) {
        if (this.#blockOf[position] !== -1 && !isHeldEntry(this.#memory, this.#layout, position)) {
          this.#giveBack(position);
        }
      }
    }
    return this.#freeBlocks.pop();
  }

  #giveBack(position: number): void {
    const block = this.#blockOf[position] ?? -1;
    if (block === -1) return;
    this.#blockOf[position] = -1;
    this.#freeBlocks.push(block);
  }
}

/** Thread: what stands in a claimed entry. Texts and `start`..`end` of `bytes` hold until it is freed. */
export class RingReader {
  readonly #memory: Memory;
  readonly #layout: Layout;
  /** A view on all of the shared memory. */
  readonly bytes: Buffer;
  descriptor = -1;
  start = 0;
  /** Behind the head; the body is the rest. */
  headEnd = 0;
  end = 0;
  remoteAddress = '';
  remotePort = 0;
  localAddress = '';
  localPort = 0;

  constructor(memory: Memory, layout: Layout, buffer: SharedArrayBuffer) {
    this.#memory = memory;
    this.#layout = layout;
    this.bytes = Buffer.from(buffer);
  }

  read(index: number): void {
    const memory = this.#memory;
    const cell = entryCell(this.#layout, index);
    const offset = memory.load(cell + ENTRY_BYTES) * UNIT;
    const remoteEnd = offset + memory.load(cell + ENTRY_REMOTE_LENGTH);
    this.start = remoteEnd + memory.load(cell + ENTRY_LOCAL_LENGTH);
    this.end = this.start + memory.load(cell + ENTRY_LENGTH);
    this.headEnd = this.start + memory.load(cell + ENTRY_HEAD_LENGTH);
    this.descriptor = memory.load(cell + ENTRY_DESCRIPTOR);
    this.remotePort = memory.load(cell + ENTRY_REMOTE_PORT);
    this.localPort = memory.load(cell + ENTRY_LOCAL_PORT);
    this.remoteAddress = this.bytes.toString('latin1', offset, remoteEnd);
    this.localAddress = this.bytes.toString('latin1', remoteEnd, this.start);
  }
}
