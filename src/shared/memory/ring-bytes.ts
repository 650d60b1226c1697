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
  ENTRY_PADDING,
  ENTRY_REMOTE_LENGTH,
  ENTRY_REMOTE_PORT,
  ENTRY_SERIAL,
  entryCell,
  type Layout,
  SMALL_BYTES,
} from './layout.ts';
import { isHeldEntry } from './request-ring.ts';

/** Offsets are stored in units of 64 bytes, so that a large buffer fits 32 bits. */
const UNIT = 64;

/** What travels with each request of a connection: its number, and its two ends as latin1 texts. */
export interface WireConnection {
  /** Tells it from a later connection in the same slot. */
  readonly serial: number;
  /** The remote text and, right behind it, the local one; empty where there is none. */
  readonly texts: Uint8Array;
  readonly remoteLength: number;
  readonly remotePort: number;
  readonly localPort: number;
}

/** Acceptor: writes entries and gives out the blocks. */
export class RingWriter {
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #bytes: Buffer;
  readonly #cells: Int32Array;
  /** Which block a ring position uses, -1: none. */
  readonly #blockOf: Int16Array;
  readonly #freeBlocks: number[] = [];

  constructor(memory: Memory, layout: Layout, buffer: SharedArrayBuffer) {
    this.#memory = memory;
    this.#layout = layout;
    this.#bytes = Buffer.from(buffer);
    this.#cells = new Int32Array(buffer);
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
    connection: WireConnection,
    source: Uint8Array,
    start: number,
    end: number,
    headLength: number,
  ): boolean {
    const { texts, remoteLength } = connection;
    const length = end - start;
    const offset = this.#place(index, texts.length + MAX_PADDING + length);
    if (offset === -1) return false;
    copyBytes(texts, 0, texts.length, this.#bytes, offset);
    const padding = paddingBetween(offset + texts.length, source.byteOffset + start);
    copyBytes(source, start, end, this.#bytes, offset + texts.length + padding);
    const cells = this.#cells;
    const cell = entryCell(this.#layout, index);
    cells[cell + ENTRY_DESCRIPTOR] = descriptor;
    cells[cell + ENTRY_LENGTH] = length;
    cells[cell + ENTRY_HEAD_LENGTH] = headLength;
    cells[cell + ENTRY_REMOTE_LENGTH] = remoteLength;
    cells[cell + ENTRY_LOCAL_LENGTH] = texts.length - remoteLength;
    cells[cell + ENTRY_REMOTE_PORT] = connection.remotePort;
    cells[cell + ENTRY_LOCAL_PORT] = connection.localPort;
    cells[cell + ENTRY_BYTES] = offset / UNIT;
    cells[cell + ENTRY_SERIAL] = connection.serial;
    cells[cell + ENTRY_PADDING] = padding;
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

/**
 * V8 copies to and from shared memory word by word where both sides begin at the same place in a
 * word, else byte by byte: 64 KiB in 3 us or in 20. (`Buffer.copy` of Node 26 does not mind.)
 */
const WORD = 8;
const MAX_PADDING: number = WORD - 1;

/** How far `target` is from a place that is to its word what `source` is to its own. */
const paddingBetween = (target: number, source: number): number => (source - target) & (WORD - 1);

/** A copy of its own of shared bytes, placed so that it is made quickly. */
export function copyOfShared(bytes: Buffer, start: number, end: number): Buffer {
  const padding = (bytes.byteOffset + start) & (WORD - 1);
  const copy = Buffer.allocUnsafe(padding + end - start).subarray(padding);
  bytes.copy(copy, 0, start, end);
  return copy;
}

/** Up to so many bytes a loop is quicker than a view and `set()`. */
const LOOP_BYTES = 256;

function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): void {
  if (end - start > LOOP_BYTES) {
    target.set(source.subarray(start, end), offset);
    return;
  }
  for (let at = start; at < end; at += 1) target[offset + at - start] = source[at] as number;
}

/** Thread: what stands in a claimed entry. It and `start`..`end` of `bytes` hold until the entry is freed. */
export class RingReader {
  readonly #layout: Layout;
  readonly #cells: Int32Array;
  #textsStart = 0;
  #localStart = 0;
  #localEnd = 0;
  /** A view on all of the shared memory. */
  readonly bytes: Buffer;
  descriptor = -1;
  start = 0;
  /** Behind the head; the body is the rest. */
  headEnd = 0;
  end = 0;
  /** Tells the connection from others that had its slot. */
  serial = 0;
  remotePort = 0;
  localPort = 0;

  constructor(layout: Layout, buffer: SharedArrayBuffer) {
    this.#layout = layout;
    this.#cells = new Int32Array(buffer);
    this.bytes = Buffer.from(buffer);
  }

  read(index: number): void {
    const cells = this.#cells;
    const cell = entryCell(this.#layout, index);
    this.#textsStart = (cells[cell + ENTRY_BYTES] as number) * UNIT;
    this.#localStart = this.#textsStart + (cells[cell + ENTRY_REMOTE_LENGTH] as number);
    this.#localEnd = this.#localStart + (cells[cell + ENTRY_LOCAL_LENGTH] as number);
    this.start = this.#localEnd + (cells[cell + ENTRY_PADDING] as number);
    this.end = this.start + (cells[cell + ENTRY_LENGTH] as number);
    this.headEnd = this.start + (cells[cell + ENTRY_HEAD_LENGTH] as number);
    this.descriptor = cells[cell + ENTRY_DESCRIPTOR] as number;
    this.serial = cells[cell + ENTRY_SERIAL] as number;
    this.remotePort = cells[cell + ENTRY_REMOTE_PORT] as number;
    this.localPort = cells[cell + ENTRY_LOCAL_PORT] as number;
  }

  readRemoteAddress(): string {
    return this.bytes.toString('latin1', this.#textsStart, this.#localStart);
  }

  readLocalAddress(): string {
    return this.bytes.toString('latin1', this.#localStart, this.#localEnd);
  }
}
