/**
 * A thread's main loop: sleeps until it is rung, then pulls requests from the queue as long as there
 * are any. A pulled request starts at once, each in an immediate of its own, so that what the
 * one before left for the microtask queue runs first. Every pull starts in the thread's root async
 * context: no client's AsyncLocalStorage is seen by the next.
 */
import { AsyncResource } from 'node:async_hooks';
import { hear } from '../shared/bell.ts';
import { CLIENT_ENDED, wordCell } from '../shared/layout.ts';
import type { FromThread } from '../shared/messages.ts';
import { BAD_REQUEST } from '../shared/replies.ts';
import { type Claim, claimNext, freeEntry, mayHoldRequests } from '../shared/request-ring.ts';
import { RingReader } from '../shared/ring-bytes.ts';
import { addRunning, countServed, goToSleep, stayAwake, wakeUp } from '../shared/thread-line.ts';
import { sendWhole, type DirectSettings } from './direct-route/direct-loan.ts';
import { HeldConnection, type HeldLoan, HeldRequest, type LoanOwner } from './held-loan.ts';
import { parseHead, type RequestHead } from './head-parser.ts';
import { KnownConnections } from './known-connections.ts';
import type { ConnectionAddresses, KnownConnection } from './loan.ts';
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
  readonly #parts: PullLoopParts;
  readonly #reader: RingReader;
  readonly #claim: Claim = { index: 0, slot: 0, lendsConnection: false };
  /** By slot: the newest loan of each connection. */
  readonly #loans = new Map<number, HeldLoan>();
  readonly #known = new KnownConnections();
  readonly #awaitingDuplicate: HeldRequest[] = [];
  readonly #root = new AsyncResource('HYPERIONPULL');
  #running = 0;
  #waitingConnections = 0;
  #scheduled = 0;
  readonly #pull = (): void => this.#pullOne();

  constructor(parts: PullLoopParts) {
    this.thread = parts.thread;
    this.#parts = parts;
    this.#reader = new RingReader(parts.thread.layout, parts.buffer);
  }

  /** Starts to take requests; `bellDescriptor` is the read end of the thread's bell. */
  start(bellDescriptor: number): void {
    hear(bellDescriptor, () => this.#whenRung());
    this.#schedule();
  }

  /** Takes no more requests from now on. Calls back once, in a turn of its own, when all that it has are over. */
  retire(whenEmpty: () => void): void {
    this.#whenEmpty = () => void this.#root.runInAsyncScope(setImmediate, undefined, whenEmpty);
    this.#lookWhetherEmpty();
  }

  get loans(): Iterable<HeldLoan> {
    return this.#loans.values();
  }

  /** The loan that the acceptor speaks of, if it is still under way. */
  find(slot: number, generation: number): HeldLoan | undefined {
    const loan = this.#loans.get(slot);
    return loan?.generation === generation ? loan : undefined;
  }

  expectDuplicate(loan: HeldRequest): void {
    this.#awaitingDuplicate.push(loan);
  }

  giveDuplicate(slot: number, generation: number, descriptor: number): void {
    const index = this.#awaitingDuplicate.findIndex((loan) => loan.slot === slot && loan.generation === generation);
    if (index !== -1) this.#awaitingDuplicate.splice(index, 1)[0]?.giveDuplicate(descriptor);
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
    if (this.#loans.get(loan.slot) === loan) this.#loans.delete(loan.slot);
    if (this.#whenEmpty !== undefined) this.#lookWhetherEmpty();
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

  #wasFull = false;
  /** Defined once it is retired. */
  #whenEmpty: (() => void) | undefined;

  #lookWhetherEmpty(): void {
    if (this.#loans.size > 0) return;
    this.#whenEmpty?.();
    this.#whenEmpty = ignore;
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
    if (this.#whenEmpty !== undefined) return;
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
    this.#loans.get(slot)?.lose();
    if (lendsConnection) this.#beginConnection(slot, index);
    else this.#beginRequest(slot, index);
  }

  #beginRequest(slot: number, index: number): void {
    const { memory, layout, line } = this.thread;
    const reader = this.#reader;
    reader.read(index);
    const head = this.#parseHead();
    const body = head === undefined || head.contentLength === 0 ? undefined : this.#copyBody();
    const loan = new HeldRequest(this, slot, index, this.#connectionOf(slot), reader.descriptor);
    if (freeEntry(memory, layout, index)) this.thread.ringAcceptor();
    // Only now: a loan that is taken back holds no entry.
    this.thread.noteStart(slot);
    this.#loans.set(slot, loan);
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
    const reader = this.#reader;
    reader.read(index);
    const { addresses } = this.#connectionOf(slot);
    const firstBytes = Buffer.from(reader.bytes.subarray(reader.start, reader.end));
    const loan = new HeldConnection(this, slot, index, addresses, reader.descriptor, firstBytes);
    if (freeEntry(memory, layout, index)) this.thread.ringAcceptor();
    this.#loans.set(slot, loan);
    this.#waitingConnections += 1;
    this.#parts.serveConnection(loan);
  }

  #connectionOf(slot: number): KnownConnection {
    const reader = this.#reader;
    return this.#known.find(slot, reader.serial) ?? this.#known.add(slot, reader.serial, addressesOf(reader));
  }

  /** Undefined unless both sides come to the same end and length: then nobody knows where the next request begins. */
  #parseHead(): RequestHead | undefined {
    const { bytes, start, headEnd, end } = this.#reader;
    const head = parseHead(bytes, start, headEnd);
    return head?.contentLength === end - headEnd ? head : undefined;
  }

  /** Copied: the entry is freed before the app reads it. */
  #copyBody(): Buffer {
    const { bytes, headEnd, end } = this.#reader;
    const body = Buffer.allocUnsafe(end - headEnd);
    body.set(bytes.subarray(headEnd, end));
    return body;
  }
}

const ignore = (): void => {};

const familyOf = (address: string): 'IPv4' | 'IPv6' => (address.includes(':') ? 'IPv6' : 'IPv4');

function addressesOf(reader: RingReader): ConnectionAddresses {
  const remoteAddress = reader.readRemoteAddress();
  const localAddress = reader.readLocalAddress();
  const { remotePort, localPort } = reader;
  // A Unix socket has neither.
  if (remoteAddress === '' && localAddress === '') return NO_ADDRESSES;
  return {
    remoteAddress,
    remotePort,
    remoteFamily: familyOf(remoteAddress),
    localAddress,
    localPort,
    localFamily: familyOf(localAddress),
    encrypted: false,
  };
}

const NO_ADDRESSES: ConnectionAddresses = Object.freeze({
  remoteAddress: undefined,
  remotePort: undefined,
  remoteFamily: undefined,
  localAddress: undefined,
  localPort: undefined,
  localFamily: undefined,
  encrypted: false,
});
