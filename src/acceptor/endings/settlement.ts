/**
 * What becomes of a dead thread's loans. Run at the thread's 'exit', when nothing of it can write
 * any more; no lock is needed, and nothing that the thread was in the middle of is left half done:
 * its letters are read, its entries freed, each of its connections settled by its word's stage.
 */
import { fstatSync } from 'node:fs';
import type { Memory } from '../../shared/memory/cells.ts';
import { ENTRY_SLOT, entryCell, type Layout, QUEUE_TAIL, wordCell } from '../../shared/memory/layout.ts';
import { freeEntry, isHeldEntry, slotOf } from '../../shared/memory/request-ring.ts';
import { uncountedClaim } from '../../shared/memory/thread-line.ts';
import {
  CLOSING,
  IDLE,
  isOfIndex,
  LENT,
  LENT_REPLYING,
  ownerOf,
  REPLYING,
  REVOKED,
  RUNNING,
  stageOf,
  WAITING,
} from '../../shared/memory/words.ts';
import type { Connection } from '../connection.ts';
import type { Libc } from '../libc.ts';

/** What a stage of the dead thread's word asks for. Pure. */
export type Settlement =
  /** 503 `thread_failed`; the connection lives on. */
  | 'reply'
  /** 503 `thread_failed` and close: half a request may have been read. */
  | 'reply-and-close'
  /** The reply had begun: only a close is honest. */
  | 'cut'
  /** The loan had ended: act on the word as if its letter had come. */
  | 'look'
  /** Taken back before: the acceptor's own reply is on its way. */
  | 'leave';

export function settlementOf(stage: number): Settlement {
  switch (stage) {
    case RUNNING:
      return 'reply';
    case LENT:
      return 'reply-and-close';
    case REPLYING:
    case LENT_REPLYING:
      return 'cut';
    case IDLE:
    case CLOSING:
      return 'look';
    case REVOKED:
      return 'leave';
    default:
      throw new Error(`A dead thread owns a word in stage ${stage}.`);
  }
}

/** Frees the entries that the thread had claimed and not freed. Gives how many claims it had not counted. */
export function settleEntries(memory: Memory, layout: Layout, line: number): number {
  const isClaimed = (index: number): boolean => {
    const slot = slotOf(memory.load(entryCell(layout, index) + ENTRY_SLOT));
    const word = memory.load(wordCell(layout, slot));
    return ownerOf(word) === line && isOfIndex(word, index) && stageOf(word) !== WAITING;
  };
  const uncounted = uncountedClaim(memory, layout, line);
  const claims = uncounted !== undefined && isClaimed(uncounted) ? 1 : 0;
  const tail = memory.load(QUEUE_TAIL);
  // By index, not by position: a position may hold a newer request.
  for (let index = (tail - layout.ringSize) | 0; index !== tail; index = (index + 1) | 0) {
    if (isHeldEntry(memory, layout, index) && isClaimed(index)) freeEntry(memory, layout, index);
  }
  return claims;
}

/**
 * Closes the duplicates that a dead thread was given and may not have adopted. What it adopted was
 * closed with it, and the number may name another file by now: only the same inode is closed. Where
 * inodes tell nothing (0), a leak of one descriptor is the smaller evil; `true` says one may have leaked.
 */
export function closeUnadopted(connection: Connection, libc: Libc): boolean {
  let mayHaveLeaked = false;
  for (const { descriptor, inode } of connection.lentDescriptors ?? []) {
    if (inode === 0) mayHaveLeaked = true;
    else if (inodeOf(descriptor) === inode) libc.close(descriptor);
  }
  connection.lentDescriptors = undefined;
  return mayHaveLeaked;
}

/** Undefined if the number names no open file. */
export function inodeOf(descriptor: number): number | undefined {
  try {
    return fstatSync(descriptor).ino;
  } catch {
    return undefined;
  }
}
