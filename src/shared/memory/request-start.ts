/**
 * When a request began to run, in its connection's cells: the acceptor clears it before it lends, and
 * the thread writes it once it has read the request and freed its ring entry. So whoever finds it set
 * while the word says running knows the start of exactly this request, and that the thread holds
 * nothing in the ring any more. Cleared again when the handler has given all of a reply that waits for
 * its client; of a lent connection, whenever no request runs.
 * Used only where handlers have a time limit.
 */
import type { Memory } from './cells.ts';
import { msSince, toCellMs } from '../clock.ts';
import { type Layout, STARTED_AT, wordCell } from './layout.ts';

const NOT_STARTED = 0;

export function clearStart(memory: Memory, layout: Layout, slot: number): void {
  memory.store(wordCell(layout, slot) + STARTED_AT, NOT_STARTED);
}

export function noteStart(memory: Memory, layout: Layout, slot: number, now: number): void {
  // The clock's low bits are 0 once in 49 days: a millisecond more does no harm.
  memory.store(wordCell(layout, slot) + STARTED_AT, toCellMs(now) || 1);
}

/** Milliseconds of the common clock; undefined: no request runs, or it does not say. */
export function startOf(memory: Memory, layout: Layout, slot: number, now: number): number | undefined {
  const startedAt = memory.load(wordCell(layout, slot) + STARTED_AT);
  return startedAt === NOT_STARTED ? undefined : now - msSince(startedAt, now);
}
