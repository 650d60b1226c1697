/**
 * A connection's word: who may do what with it, in one 32-bit cell, so that every right changes
 * hands by one swap. Pure functions on numbers, and the one swap that all transitions use.
 *
 *   bits 0-3 stage | bit 4 more | bits 5-14 owner (thread line, 0: none) | bits 15-31 generation
 *
 * The generation is the low bits of the ring index of the connection's newest request, not a count
 * of its own: a thread that reads a ring entry while it is rewritten then can't be fooled.
 */
import type { Memory } from './cells.ts';

/** The acceptor's alone; the reply to the last loan is written. Keeps its owner. */
export const IDLE = 0;
/** In the ring; no thread has it. */
export const WAITING = 1;
/** A request loan, claimed; no byte of the reply is written. */
export const RUNNING = 2;
/** A request loan; bytes of the reply are, or are being, written. */
export const REPLYING = 3;
/** The loan has ended and the connection must be closed. */
export const CLOSING = 4;
/** The acceptor took the loan back and gives the reply itself. */
export const REVOKED = 5;
/** A connection loan between replies. */
export const LENT = 6;
/** A connection loan that writes a reply. */
export const LENT_REPLYING = 7;

const STAGE_MASK = 0xf;
/** Bytes wait in the acceptor, or it wants to hear of the loan's end: whoever ends the loan rings. */
export const MORE = 0x10;
const OWNER_SHIFT = 5;
const OWNER_MASK = 0x3ff;
const GENERATION_SHIFT = 15;
const GENERATION_MASK = 0x1ffff;

export const makeWord = (stage: number, owner: number, generation: number): number =>
  stage | (owner << OWNER_SHIFT) | ((generation & GENERATION_MASK) << GENERATION_SHIFT);

export const stageOf = (word: number): number => word & STAGE_MASK;

export const hasMore = (word: number): boolean => (word & MORE) !== 0;

export const ownerOf = (word: number): number => (word >>> OWNER_SHIFT) & OWNER_MASK;

export const generationOf = (word: number): number => word >>> GENERATION_SHIFT;

/** The generation that a ring index stands for. */
export const generationOfIndex = (index: number): number => index & GENERATION_MASK;

/** Whether a word of this generation belongs to the ring entry of this index. */
export const isOfIndex = (word: number, index: number): boolean => generationOf(word) === generationOfIndex(index);

/** What a swap found: the word was no longer as named, and nothing was changed. */
export const LOST = -1;
/** It succeeded and `more` was not set. */
export const DONE = 0;
/** It succeeded and `more` was set. */
export const DONE_WITH_MORE = 1;

/**
 * Swaps `from` (a word without `more`) for `to`. Tries again if only `more` was set meanwhile, and
 * carries it over if `keepsMore`; gives up if anything else has changed: the right is lost.
 */
export function swapWord(memory: Memory, cell: number, from: number, to: number, keepsMore: boolean): number {
  let found = memory.compareExchange(cell, from, to);
  if (found === from) return DONE;
  const fromWithMore = from | MORE;
  if (found !== fromWithMore) return LOST;
  // `more` is only ever cleared by the swaps of the loan's holder, so one more try is enough for it;
  // the acceptor may still change the stage in between.
  found = memory.compareExchange(cell, fromWithMore, keepsMore ? to | MORE : to);
  return found === fromWithMore ? DONE_WITH_MORE : LOST;
}
