/**
 * The one queue: a ring of requests in shared memory, first come, first served. The acceptor alone
 * puts; threads claim by one swap of the connection's word (waiting -> theirs). Whoever finds a head
 * entry that no longer waits moves the head on. These are the accesses to the cells; the bytes are
 * in `ring-bytes.ts`.
 */
import type { Memory } from './cells.ts';
import {
  ENTRY_SLOT,
  ENTRY_STATE,
  entryCell,
  type Layout,
  MAX_CONNECTIONS,
  OVERFLOW,
  QUEUE_HEAD,
  QUEUE_TAIL,
  wordCell,
} from './layout.ts';
import { announceClaim, countClaim } from './thread-line.ts';
import { IDLE, isOfIndex, LENT, LOST, makeWord, MORE, RUNNING, stageOf, swapWord, WAITING } from './words.ts';

const FREE = 0;
const BUSY = 1;

/** In ENTRY_SLOT, above the slot's bits: the entry lends the connection, not a request. */
const CONNECTION_LOAN_BIT: number = MAX_CONNECTIONS;

export const slotOf = (entrySlot: number): number => entrySlot & (MAX_CONNECTIONS - 1);

export const isConnectionLoan = (entrySlot: number): boolean => (entrySlot & CONNECTION_LOAN_BIT) !== 0;

export const entrySlotOf = (slot: number, lendsConnection: boolean): number =>
  lendsConnection ? slot | CONNECTION_LOAN_BIT : slot;

/** True if the entry at the head was moved past: its request was taken or cancelled. */
function skipTaken(memory: Memory, layout: Layout, head: number): boolean {
  const slot = slotOf(memory.load(entryCell(layout, head) + ENTRY_SLOT));
  const word = memory.load(wordCell(layout, slot));
  if (stageOf(word) === WAITING && isOfIndex(word, head)) return false;
  // Failing is as good: somebody else has moved it.
  memory.compareExchange(QUEUE_HEAD, head, (head + 1) | 0);
  return true;
}

/**
 * Acceptor: the index the next request would get, or undefined when there is no room. An entry may be
 * free only after the head has passed it: a thread may still be copying a claimed one, and one that
 * was cancelled frees its place before the head has moved.
 */
export function findRoom(memory: Memory, layout: Layout): number | undefined {
  const tail = memory.load(QUEUE_TAIL);
  for (;;) {
    const head = memory.load(QUEUE_HEAD);
    if (((tail - head) | 0) < layout.ringSize) break;
    if (!skipTaken(memory, layout, head)) return undefined;
  }
  return memory.load(entryCell(layout, tail) + ENTRY_STATE) === FREE ? tail : undefined;
}

/**
 * Acceptor: publishes the entry at `index` (from `findRoom`), its bytes already written, for a
 * connection whose word is `idleWord`. With `more`, whoever ends the loan rings.
 */
export function publish(
  memory: Memory,
  layout: Layout,
  index: number,
  entrySlot: number,
  idleWord: number,
  hasMore: boolean,
): void {
  if (stageOf(idleWord) !== IDLE) throw new Error('A connection was lent while its word was not idle.');
  const cell = entryCell(layout, index);
  memory.store(cell + ENTRY_SLOT, entrySlot);
  memory.store(cell + ENTRY_STATE, BUSY);
  const word = makeWord(WAITING, 0, index) | (hasMore ? MORE : 0);
  // Nobody else swaps an idle word, so a plain failure here is a broken rule, not a race.
  if (memory.compareExchange(wordCell(layout, slotOf(entrySlot)), idleWord, word) !== idleWord) {
    throw new Error("An idle connection's word was changed by another than the acceptor.");
  }
  // Last: what the tail has passed is complete.
  memory.store(QUEUE_TAIL, (index + 1) | 0);
}

/** What `claimNext` claimed; one object a thread, overwritten by each claim. */
export interface Claim {
  index: number;
  slot: number;
  lendsConnection: boolean;
}

/** Thread: claims the oldest waiting request. False: none waits. Free the entry once its bytes are read. */
export function claimNext(memory: Memory, layout: Layout, line: number, claim: Claim): boolean {
  for (;;) {
    const head = memory.load(QUEUE_HEAD);
    // Head is read first: it can then be behind, never ahead of the tail.
    if (((memory.load(QUEUE_TAIL) - head) | 0) <= 0) return false;
    const entrySlot = memory.load(entryCell(layout, head) + ENTRY_SLOT);
    const slot = slotOf(entrySlot);
    const cell = wordCell(layout, slot);
    const waiting = makeWord(WAITING, 0, head);
    if ((memory.load(cell) & ~MORE) === waiting) {
      const claimNumber = announceClaim(memory, layout, line, head);
      const lendsConnection = isConnectionLoan(entrySlot);
      const claimed = makeWord(lendsConnection ? LENT : RUNNING, line, head);
      if (swapWord(memory, cell, waiting, claimed, true) !== LOST) {
        countClaim(memory, layout, line, claimNumber);
        memory.compareExchange(QUEUE_HEAD, head, (head + 1) | 0);
        claim.index = head;
        claim.slot = slot;
        claim.lendsConnection = lendsConnection;
        return true;
      }
    }
    memory.compareExchange(QUEUE_HEAD, head, (head + 1) | 0);
  }
}

/** Whether a look at the queue is worth while: it may hold a request. */
export const mayHoldRequests = (memory: Memory): boolean =>
  ((memory.load(QUEUE_TAIL) - memory.load(QUEUE_HEAD)) | 0) > 0;

/** Frees a claimed entry. True: the acceptor waits for room, ring it. */
export function freeEntry(memory: Memory, layout: Layout, index: number): boolean {
  memory.store(entryCell(layout, index) + ENTRY_STATE, FREE);
  // The flag is read after the entry is free; the acceptor sets it and then tries once more.
  return memory.load(OVERFLOW) === 1;
}

/** Acceptor: says whether it holds requests that found no room. */
export function setOverflow(memory: Memory, hasOverflow: boolean): void {
  memory.store(OVERFLOW, hasOverflow ? 1 : 0);
}

/**
 * Acceptor: takes a waiting request back (client gone, waited too long, end of drain). False: a
 * thread has claimed it.
 */
export function cancelWaiting(memory: Memory, layout: Layout, slot: number, index: number, idleWord: number): boolean {
  const cancelled = swapWord(memory, wordCell(layout, slot), makeWord(WAITING, 0, index), idleWord, false) !== LOST;
  if (cancelled) memory.store(entryCell(layout, index) + ENTRY_STATE, FREE);
  return cancelled;
}

/**
 * Acceptor, after a thread's death: whether the entry at `index` was claimed by `line` and is still
 * not free. Compared by index with the word's generation: a position may have been used again.
 */
export function isHeldEntry(memory: Memory, layout: Layout, index: number): boolean {
  return memory.load(entryCell(layout, index) + ENTRY_STATE) === BUSY;
}
