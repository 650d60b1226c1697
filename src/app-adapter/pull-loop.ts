/**
 * A thread's main loop: sleeps until it is rung, then pulls requests from the queue as long as there
 * are any. A pulled request starts at once, each in an immediate of its own, so that what the
 * one before left for the microtask queue runs first. Every pull starts in the thread's root async
 * context: no client's AsyncLocalStorage is seen by the next.
 */
import { AsyncResource } from 'node:async_hooks';
import { hear } from '../shared/bell.ts';
import { CLIENT_ENDED, wordCell } from '../shared/memory/layout.ts';
import type { FromThread } from '../shared/messages.ts';
import { BAD_REQUEST } from '../shared/replies.ts';
import { type Claim, claimNext, freeEntry, mayHoldRequests } from '../shared/memory/request-ring.ts';
import { addRunning, countServed, goToSleep, stayAwake, wakeUp } from '../shared/memory/thread-line.ts';
import { sendWhole, type DirectSettings } from './direct-route/direct-loan.ts';
import { HeldConnection, type HeldLoan, HeldRequest, type LoanOwner } from './held-loan.ts';
import type { RequestHead } from './head-parser.ts';
import { LoanBook } from './loan-book.ts';
import { TakenEntry } from './taken-entry.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** How many pulls are scheduled ahead while requests wait: that many a turn of the event loop. */
const MAX_PULLS_AHEAD = 8;
/** Lent connections whose first request has not begun: they do not count as running. */
const MAX_WAITING_CONNECTIONS = 1024;

export interface PullLoopParts {
  readonly thread: ThreadMemory;
  readonly buffer: SharedArrayBuffer;
  readonly concurrency: number;
  readonly direct: DirectSettings;
  readonly send: (message: FromThread) => void;
  readonly serveRequest: (loan: HeldRequest, head: RequestHead, body: Buffer | undefined) => void;
  readonly serveConnection: (loan: HeldConnection) => void;
}

export class PullLoop implements LoanOwner {
  readonly thread: ThreadMemory;
  readonly loans: LoanBook = new LoanBook();
  readonly #parts: PullLoopParts;
  readonly #entry: TakenEntry;
  readonly #claim: Claim = { index: 0, slot: 0, lendsConnection: false };
  readonly #root = new AsyncResource('HYPERIONPULL');
  #running = 0;
  #waitingConnections = 0;
  #scheduled = 0;
  /** It had no room for what waits: it pulls again when something ends. */
  #wasFull = false;
  #isRetired = false;
  readonly #pull = (): void => this.#pullOne();

  constructor(parts: PullLoopParts) {
    this.thread = parts.thread;
    this.#parts = parts;
    this.#entry = new TakenEntry(parts.thread.layout, parts.buffer);
  }

  /** Starts to take requests; `bellDescriptor` is the read end of the thread's bell. */
  start(bellDescriptor: number): void {
    hear(bellDescriptor, () => this.#whenRung());
    this.#schedule();
  }

  /** Takes no more requests from now on. Calls back once, in a turn of its own, when all that it has are over. */
  retire(whenEmpty: () => void): void {
    this.#isRetired = true;
    this.loans.onceEmpty(() => void this.#root.runInAsyncScope(setImmediate, undefined, whenEmpty));
  }

  expectDuplicate(loan: HeldRequest): void {
    this.loans.expectDuplicate(loan);
  }

  send(message: FromThread): void {
    this.#parts.send(message);
  }

  countRunning(change: 1 | -1): void {
    const { memory, layout, line } = this.thread;
    this.#running += change;
    addRunning(memory, layout, line, change);
    if (change === -1) this.#requestEnded();
  }

  forgetRunning(): void {
    this.#running -= 1;
    this.#pullAgainSoon();
  }

  connectionBegan(): void {
    this.#waitingConnections -= 1;
    this.#pullAgainSoon();
  }

  loanEnded(loan: HeldLoan): void {
    this.loans.remove(loan);
    if (loan instanceof HeldConnection) {
      if (!loan.hasBegun) this.#waitingConnections -= 1;
      while (loan.running > 0) loan.requestEnded();
      this.#pullAgainSoon();
      return;
    }
    if (loan.isLost) this.forgetRunning();
    else this.countRunning(-1);
  }

  #requestEnded(): void {
    countServed(this.thread.memory, this.thread.layout, this.thread.line);
    this.#pullAgainSoon();
  }

  /** A full thread does not sleep: it pulls again when something ends. */
  #pullAgainSoon(): void {
    if (this.#isFull()) return;
    if (this.#wasFull && this.#scheduled === 0) {
      this.#wasFull = false;
      // From an app's context: the pull must not inherit it.
      this.#root.runInAsyncScope(() => this.#schedule());
    }
  }

  #isFull(): boolean {
    return this.#running >= this.#parts.concurrency || this.#waitingConnections >= MAX_WAITING_CONNECTIONS;
  }

  #whenRung(): void {
    wakeUp(this.thread.memory, this.thread.layout, this.thread.line);
    if (this.#scheduled === 0) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled += 1;
    setImmediate(this.#pull);
  }

  #pullOne(): void {
    const { memory, layout, line } = this.thread;
    this.#scheduled -= 1;
    if (this.#isRetired) return;
    if (this.#isFull()) {
      this.#wasFull = true;
      return;
    }
    if (!claimNext(memory, layout, line, this.#claim)) {
      if (this.#scheduled === 0) this.#sleep();
      return;
    }
    // Before the app runs: what it does to its async context stays out of the next pull's.
    do this.#schedule();
    while (this.#scheduled < MAX_PULLS_AHEAD && mayHoldRequests(memory));
    this.#begin();
  }

  #sleep(): void {
    const { memory, layout, line } = this.thread;
    goToSleep(memory, layout, line);
    // Once more: what was put in between found no sleeping thread to ring.
    if (mayHoldRequests(memory) && stayAwake(memory, layout, line)) this.#schedule();
  }

  #begin(): void {
    const { slot, index, lendsConnection } = this.#claim;
    // The same thread's older loan of this connection can be told apart by nothing in the word.
    this.loans.newestIn(slot)?.lose();
    if (lendsConnection) this.#beginConnection(slot, index);
    else this.#beginRequest(slot, index);
  }

  #beginRequest(slot: number, index: number): void {
    const { memory, layout, line } = this.thread;
    const entry = this.#entry;
    entry.read(index);
    const head = entry.parseHead();
    const body = head === undefined ? undefined : entry.copyBody();
    const loan = new HeldRequest(this, slot, index, entry.connectionIn(slot), entry.descriptor);
    if (freeEntry(memory, layout, index)) this.thread.ringAcceptor();
    // Only now: a loan that is taken back holds no entry.
    this.thread.noteStart(slot);
    this.loans.add(loan);
    this.#running += 1;
    addRunning(memory, layout, line, 1);
    if (head === undefined) {
      sendWhole(loan, BAD_REQUEST.bytes, false, this.#parts.direct);
      return;
    }
    this.#parts.serveRequest(loan, head, body);
    if (memory.load(wordCell(layout, slot) + CLIENT_ENDED) === 1) {
      // A turn later, so that a handler that answers at once still does.
      setImmediate(() => loan.isOver || loan.borrower?.clientGone('end'));
    }
  }

  #beginConnection(slot: number, index: number): void {
    const { memory, layout } = this.thread;
    const entry = this.#entry;
    entry.read(index);
    const { addresses } = entry.connectionIn(slot);
    const loan = new HeldConnection(this, slot, index, addresses, entry.descriptor, entry.copyAll());
    if (freeEntry(memory, layout, index)) this.thread.ringAcceptor();
    this.loans.add(loan);
    this.#waitingConnections += 1;
    this.#parts.serveConnection(loan);
  }
}
