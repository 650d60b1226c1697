/**
 * A thread's line: asleep or awake, how it is rung, what it has taken and finished. The acceptor
 * rings by swapping ASLEEP for RUNG, so that at most one ring is unanswered; the thread looks at
 * the queue once more after it has said that it sleeps, so that no ring is needed for what came before.
 */
import type { Memory } from './cells.ts';
import { msSince, toCellMs } from '../clock.ts';
import {
  BEAT,
  CLAIM_INDEX,
  CLAIM_NUMBER,
  type Layout,
  RANG_ACCEPTOR,
  RUNNING,
  SERVED,
  TAKEN,
  THREAD_STATE,
  threadCell,
  UPGRADED,
} from './layout.ts';

/** No thread has the line, or it is not ready yet. */
export const ABSENT = 0;
/** Runs, or will look at the queue by itself. */
export const AWAKE = 1;
/** Sleeps in its event loop: a ring wakes it. */
export const ASLEEP = 2;
/** Was rung and has not answered. */
export const RUNG = 3;

export function goToSleep(memory: Memory, layout: Layout, line: number): void {
  memory.store(threadCell(layout, line) + THREAD_STATE, ASLEEP);
}

/** After the second look found something. False: a ring is on its way and will wake it. */
export function stayAwake(memory: Memory, layout: Layout, line: number): boolean {
  return memory.compareExchange(threadCell(layout, line) + THREAD_STATE, ASLEEP, AWAKE) === ASLEEP;
}

export function wakeUp(memory: Memory, layout: Layout, line: number): void {
  memory.store(threadCell(layout, line) + THREAD_STATE, AWAKE);
}

/** Acceptor: takes the right to ring. False: it is awake, rung already, or absent. */
export function tryRing(memory: Memory, layout: Layout, line: number): boolean {
  return memory.compareExchange(threadCell(layout, line) + THREAD_STATE, ASLEEP, RUNG) === ASLEEP;
}

export const threadState = (memory: Memory, layout: Layout, line: number): number =>
  memory.load(threadCell(layout, line) + THREAD_STATE);

/** Thread: takes the right to ring the acceptor. False: an unanswered ring is under way. */
export function tryRingAcceptor(memory: Memory, layout: Layout, line: number): boolean {
  return memory.exchange(threadCell(layout, line) + RANG_ACCEPTOR, 1) === 0;
}

/** Acceptor: answers the ring, before it reads the mail, so that mail written later rings again. */
export function answerRing(memory: Memory, layout: Layout, line: number): boolean {
  return memory.exchange(threadCell(layout, line) + RANG_ACCEPTOR, 0) === 1;
}

export const takenBy = (memory: Memory, layout: Layout, line: number): number =>
  memory.load(threadCell(layout, line) + TAKEN);

export const runningIn = (memory: Memory, layout: Layout, line: number): number =>
  memory.load(threadCell(layout, line) + RUNNING);

export const servedBy = (memory: Memory, layout: Layout, line: number): number =>
  memory.load(threadCell(layout, line) + SERVED);

/**
 * Whoever ends a request's right to reply counts it down: its thread, or the acceptor that takes it
 * back from a thread that may hang. So it is an `add`, not a load and a store.
 */
export function addRunning(memory: Memory, layout: Layout, line: number, change: number): void {
  memory.add(threadCell(layout, line) + RUNNING, change);
}

export const upgradedIn = (memory: Memory, layout: Layout, line: number): number =>
  memory.load(threadCell(layout, line) + UPGRADED);

/** Thread: it has one more (1) or one less (-1) connection that speaks another protocol. */
export function addUpgraded(memory: Memory, layout: Layout, line: number, change: 1 | -1): void {
  memory.add(threadCell(layout, line) + UPGRADED, change);
}

/** Acceptor, after a thread's death: it has none any more. */
export function forgetUpgraded(memory: Memory, layout: Layout, line: number): void {
  memory.store(threadCell(layout, line) + UPGRADED, 0);
}

export function countServed(memory: Memory, layout: Layout, line: number): void {
  const cell = threadCell(layout, line) + SERVED;
  memory.store(cell, (memory.load(cell) + 1) | 0);
}

/** Before the swap of a claim: what to count if the thread dies between the swap and `countClaim`. */
export function announceClaim(memory: Memory, layout: Layout, line: number, index: number): number {
  const cell = threadCell(layout, line);
  const claimNumber = (memory.load(cell + TAKEN) + 1) | 0;
  memory.store(cell + CLAIM_INDEX, index);
  memory.store(cell + CLAIM_NUMBER, claimNumber);
  return claimNumber;
}

export function countClaim(memory: Memory, layout: Layout, line: number, claimNumber: number): void {
  memory.store(threadCell(layout, line) + TAKEN, claimNumber);
}

/** The claim a dead thread announced and did not count, if there is one: its ring index. */
export function uncountedClaim(memory: Memory, layout: Layout, line: number): number | undefined {
  const cell = threadCell(layout, line);
  const isCounted = memory.load(cell + TAKEN) === memory.load(cell + CLAIM_NUMBER);
  return isCounted ? undefined : memory.load(cell + CLAIM_INDEX);
}

/** After a dead thread's loans are settled: the line can be given out again. */
export function resetLine(memory: Memory, layout: Layout, line: number): void {
  const cell = threadCell(layout, line);
  memory.store(cell + THREAD_STATE, ABSENT);
  memory.store(cell + RUNNING, 0);
  memory.store(cell + CLAIM_NUMBER, memory.load(cell + TAKEN));
  memory.store(cell + RANG_ACCEPTOR, 0);
  memory.store(cell + BEAT, 0);
}

/** A thread that stands still for less than this is not held, however short the handlers' limit: it may collect garbage, or wait for a processor. */
const MIN_HELD_MS = 500;
/** Beats in the time after which a thread is held: few enough to cost nothing, enough to be exact. */
const BEATS_PER_LIMIT = 8;
const LONGEST_BEAT_MS = 1000;

/** A thread whose event loop has not turned for so long is held. */
export const heldAfterMs = (handlerTimeoutMs: number): number => Math.max(handlerTimeoutMs, MIN_HELD_MS);

export const beatEveryMs = (handlerTimeoutMs: number): number =>
  Math.min(heldAfterMs(handlerTimeoutMs) / BEATS_PER_LIMIT, LONGEST_BEAT_MS);

/** Thread: its event loop has turned. Written by a timer, and only where somebody watches. */
export function beat(memory: Memory, layout: Layout, line: number, now: number): void {
  memory.store(threadCell(layout, line) + BEAT, toCellMs(now) || 1);
}

/** When the line's thread last beat, milliseconds of the common clock; undefined: it has not yet. */
export function lastBeatOf(memory: Memory, layout: Layout, line: number, now: number): number | undefined {
  const beatAt = memory.load(threadCell(layout, line) + BEAT);
  return beatAt === 0 ? undefined : now - msSince(beatAt, now);
}
