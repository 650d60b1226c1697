/**
 * Where everything stands in the one SharedArrayBuffer, who writes it, and why it stands there.
 * Positions are in cells of 4 bytes; a line is 16 cells (64 bytes, one cache line), and no two
 * threads write the same line unless both must. Sizes are computed once by the main thread and sent
 * to each thread with the buffer. Untouched pages cost no memory, so generous sizes are free.
 */

import { UNMEASURED_MAX_PENDING } from '../options/max-pending.ts';

/** Cells in a cache line of 64 bytes. */
const LINE = 16;

/** Global lines. */
export const QUEUE_HEAD: number = 0; // index of the oldest entry; moved on by whoever finds it taken
export const QUEUE_TAIL: number = LINE; // index of the next free entry; acceptor
export const OVERFLOW: number = 2 * LINE; // 1: the acceptor holds requests the ring had no room for; acceptor
export const DRAINING: number = 2 * LINE + 1; // 1: the server stops, every reply says `connection: close`; acceptor
const GLOBAL_LINES = 3;

/** A thread's first line: written by both sides, by swap. */
export const THREAD_STATE: number = 0; // AWAKE, ASLEEP, RUNG, ABSENT
export const RANG_ACCEPTOR: number = 1; // 1: an unanswered ring to the acceptor is under way
/** Its second line: written by the thread. */
export const TAKEN: number = LINE; // requests claimed so far; never reset, so that pending can be derived
export const CLAIM_NUMBER: number = LINE + 1; // TAKEN will be this once the claim under way is counted
export const CLAIM_INDEX: number = LINE + 2; // ring index of that claim
export const RUNNING: number = LINE + 3; // begun and not finished; the acceptor counts down what it takes back
export const SERVED: number = LINE + 4; // finished by this line's threads so far
export const MAIL_TAIL: number = LINE + 5; // letters written
export const MAIL_ALL: number = LINE + 6; // 1: letters did not fit, look at all of mine; cleared by the acceptor
export const BEAT: number = LINE + 7; // when its event loop last turned, in ms (low 32 bits, 0: unknown)
export const UPGRADED: number = LINE + 8; // connections of other protocols that it has
/** Its third line: written by the acceptor. */
export const MAIL_HEAD: number = 2 * LINE; // letters read
const MAILBOX = 3 * LINE;
/** Letters that fit between two looks of the acceptor; more set MAIL_ALL. */
export const MAILBOX_SIZE: number = 256;
const THREAD_CELLS = MAILBOX + MAILBOX_SIZE;

/** A connection's cells. A million connections are reserved; the pages of unused ones stay untouched. */
export const MAX_CONNECTIONS: number = 1 << 20;
export const WORD: number = 0; // the connection's word, see words.ts
export const FINISHED_AT: number = 1; // when its last loan ended, in ms (low 32 bits); thread
export const CLIENT_ENDED: number = 2; // 1: the client has sent its FIN; acceptor
export const STARTED_AT: number = 3; // when its request began to run, in ms (low 32 bits, 0: it has not); thread
export const HEAD_REQUEST: number = 4; // 1: a lent connection's request under way is HEAD; acceptor before the loan, then thread
const CONNECTION_CELLS = 8;

/** A ring entry: one line, written by the acceptor before the tail moves, freed by who claimed it. */
export const ENTRY_STATE: number = 0; // FREE or BUSY
export const ENTRY_SLOT: number = 1; // the connection's slot, and CONNECTION_LOAN_BIT
export const ENTRY_DESCRIPTOR: number = 2;
export const ENTRY_LENGTH: number = 3; // request bytes
export const ENTRY_HEAD_LENGTH: number = 9; // bytes of it that are head; both sides must come to the same
export const ENTRY_REMOTE_LENGTH: number = 4; // address texts stand before the request bytes
export const ENTRY_LOCAL_LENGTH: number = 5;
export const ENTRY_REMOTE_PORT: number = 6;
export const ENTRY_LOCAL_PORT: number = 7;
export const ENTRY_BYTES: number = 8; // where the bytes begin: offset in the buffer, in 64-byte units
export const ENTRY_SERIAL: number = 10; // tells the connection from a later one in the same slot
export const ENTRY_PADDING: number = 11; // bytes between the address texts and the request
const ENTRY_CELLS = LINE;

/** Bytes of a small request that stand in the entry's own area: nearly all requests without a body. */
export const SMALL_BYTES = 2048;
/** Ring sizes: at least, and (generations have 17 bits, rule 1) under 2^16. */
const MIN_RING_SIZE = 256;
const MAX_RING_SIZE = 1 << 15;
/** Larger requests share blocks; when all are in use a request waits in the acceptor's list. */
const MAX_BLOCKS = 128;
/** What a read can bring beyond a whole head and body: one read of 64 KiB, twice (read-ahead and its last chunk). */
const READ_AHEAD_BYTES = 128 * 1024;
/** Two address texts, at most 45 bytes each. */
const ADDRESS_BYTES = 128;

export interface Layout {
  readonly lineCount: number;
  readonly ringSize: number;
  readonly blockCount: number;
  readonly blockBytes: number;
  /** Cell positions. */
  readonly threads: number;
  readonly connections: number;
  readonly entries: number;
  /** Byte positions. */
  readonly smallAreas: number;
  readonly blocks: number;
  readonly totalBytes: number;
}

export interface LayoutNeeds {
  readonly threadCount: number;
  readonly maxPending: number | 'auto';
  readonly maxHeaderBytes: number;
  readonly inlineBodyBytes: number;
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

const nextPowerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(value));

/** Computes all positions. Two lines a thread and two more: a replacement runs beside the old one. */
export function computeLayout(needs: LayoutNeeds): Layout {
  const lineCount = 2 * needs.threadCount + 2;
  const maxPending = needs.maxPending === 'auto' ? UNMEASURED_MAX_PENDING : needs.maxPending;
  const wanted = Math.max(MIN_RING_SIZE, Math.min(maxPending + lineCount, MAX_RING_SIZE));
  const ringSize = nextPowerOfTwo(wanted);
  const blockCount = Math.min(MAX_BLOCKS, ringSize);
  const blockBytes = roundUp(ADDRESS_BYTES + needs.maxHeaderBytes + needs.inlineBodyBytes + READ_AHEAD_BYTES, 4096);
  const threads = GLOBAL_LINES * LINE;
  const connections = threads + lineCount * THREAD_CELLS;
  const entries = connections + MAX_CONNECTIONS * CONNECTION_CELLS;
  const smallAreas = roundUp((entries + ringSize * ENTRY_CELLS) * 4, 4096);
  const blocks = smallAreas + ringSize * SMALL_BYTES;
  const totalBytes = blocks + blockCount * blockBytes;
  return { lineCount, ringSize, blockCount, blockBytes, threads, connections, entries, smallAreas, blocks, totalBytes };
}

/** First cell of a thread's lines. Line 0 is nobody's: the owner "none" of a word. */
export const threadCell = (layout: Layout, line: number): number => layout.threads + (line - 1) * THREAD_CELLS;

export const mailCell = (layout: Layout, line: number, letter: number): number =>
  threadCell(layout, line) + MAILBOX + (letter & (MAILBOX_SIZE - 1));

export const wordCell = (layout: Layout, slot: number): number => layout.connections + slot * CONNECTION_CELLS;

export const entryCell = (layout: Layout, index: number): number =>
  layout.entries + (index & (layout.ringSize - 1)) * ENTRY_CELLS;
