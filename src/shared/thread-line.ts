/**
 * A thread's line: asleep or awake, how it is rung, what it has taken and finished. The acceptor
 * rings by swapping ASLEEP for RUNG, so that at most one ring is unanswered; the thread looks at
 * the queue once more after it has said that it sleeps, so that no ring is needed for what came before.
 */
import type { Memory } from './cells.ts';
import {
  CLAIM_INDEX,
  CLAIM_NUMBER,
  type Layout,
  RANG_ACCEPTOR,
  RUNNING,
  SERVED,
  TAKEN,
  THREAD_STATE,
  threadCell,
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

/** Only the line's thread adds, so a load and a store are enough. */
export function addRunning(memory: Memory, layout: Layout, line: number, change: number): void {
  const cell = threadCell(layout, line) + RUNNING;
  memory.store(cell, memory.load(cell) + change);
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
}
