/**
 * The loans a thread holds: `RequestLoan` and `ConnectionLoan` over the connection's word. Every
 * right is one swap of the word; a swap that finds another word has lost the loan, for good.
 */
import { writeSync } from 'node:fs';
import { nowMs, toCellMs } from '../shared/clock.ts';
import { FINISHED_AT, HEAD_REQUEST, wordCell } from '../shared/memory/layout.ts';
import type { FromThread } from '../shared/messages.ts';
import {
  CLOSING,
  DONE_WITH_MORE,
  generationOfIndex,
  IDLE,
  LENT,
  LENT_REPLYING,
  LOST,
  makeWord,
  REPLYING,
  RUNNING,
  swapWord,
} from '../shared/memory/words.ts';
import type {
  ConnectionAddresses,
  ConnectionBorrower,
  ConnectionLoan,
  KnownConnection,
  RequestBorrower,
  RequestLoan,
} from './loan.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** What a loan tells the one that gives loans out. */
export interface LoanOwner {
  readonly thread: ThreadMemory;
  /** The loan is over; called once. */
  loanEnded(loan: HeldLoan): void;
  /** A request of a lent connection has begun (1) or ended (-1). */
  countRunning(change: 1 | -1): void;
  /** One has ended that the acceptor has counted down already. */
  forgetRunning(): void;
  /** The first request of a lent connection has begun: the connection waits for its client no more. */
  connectionBegan(): void;
  send(message: FromThread): void;
  /** The loan waits for a duplicate, and gets it even if it is over by then: nobody else would close it. */
  expectDuplicate(loan: HeldRequest): void;
}

/** What both kinds have: the word, and how it ends. */
export class HeldLoan {
  readonly owner: LoanOwner;
  readonly slot: number;
  /** The request's ring index; its low bits are the word's generation. */
  readonly index: number;
  protected stage: number;
  readonly #cell: number;
  isOver = false;
  /** The acceptor took it back: it has counted it down, and the connection's cells are not ours any more. */
  isLost = false;
  borrower: ConnectionBorrower | undefined = undefined;

  constructor(owner: LoanOwner, slot: number, index: number, stage: number) {
    this.owner = owner;
    this.slot = slot;
    this.index = index;
    this.stage = stage;
    this.#cell = wordCell(owner.thread.layout, slot);
  }

  get generation(): number {
    return generationOfIndex(this.index);
  }

  /** The acceptor took it back, or a newer loan of the same connection has come: write nothing any more. */
  lose(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isLost = true;
    this.owner.loanEnded(this);
    this.borrower?.revoked();
  }

  protected moveTo(stage: number): boolean {
    if (this.isOver) return false;
    if (this.stage === stage) return true;
    if (this.#swap(stage, true) === LOST) {
      this.lose();
      return false;
    }
    this.stage = stage;
    return true;
  }

  /** Ends the loan in `IDLE` or `CLOSING`; rings if somebody waits for it. */
  protected finish(stage: typeof IDLE | typeof CLOSING, mustTell: boolean): void {
    if (this.isOver) return;
    const { thread } = this.owner;
    // Before the swap: whoever finds the word idle may read it.
    thread.memory.store(this.#cell + FINISHED_AT, toCellMs(nowMs()));
    const result = this.#swap(stage, false);
    this.isOver = true;
    this.isLost = result === LOST;
    if (result === DONE_WITH_MORE || (mustTell && result !== LOST)) thread.writeLetter(this.slot);
    this.owner.loanEnded(this);
  }

  #swap(stage: number, keepsMore: boolean): number {
    const { memory, line } = this.owner.thread;
    const from = makeWord(this.stage, line, this.index);
    return swapWord(memory, this.#cell, from, makeWord(stage, line, this.index), keepsMore);
  }
}

/** A whole request with the write descriptor of its connection. */
export class HeldRequest extends HeldLoan implements RequestLoan {
  readonly connection: KnownConnection;
  readonly #descriptor: number;
  #duplicate: ((descriptor: number | undefined) => void) | undefined = undefined;
  declare borrower: RequestBorrower | undefined;

  constructor(owner: LoanOwner, slot: number, index: number, connection: KnownConnection, descriptor: number) {
    super(owner, slot, index, RUNNING);
    this.connection = connection;
    this.#descriptor = descriptor;
  }

  beginReply(): boolean {
    return this.moveTo(REPLYING);
  }

  endInformational(): void {
    this.moveTo(RUNNING);
  }

  write(bytes: Uint8Array): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      // The kernel's buffer is full: nothing was taken.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }

  requestDuplicate(): Promise<number | undefined> {
    if (this.isOver) return Promise.resolve(undefined);
    this.owner.expectDuplicate(this);
    this.owner.send({ type: 'need-duplicate', slot: this.slot, generation: this.generation });
    return new Promise((resolve) => (this.#duplicate = resolve));
  }

  replyIsWhole(): void {
    if (!this.isOver) this.owner.thread.noteEnd(this.slot);
  }

  /** The acceptor's answer; -1: it has none to give. */
  giveDuplicate(descriptor: number): void {
    this.#duplicate?.(descriptor === -1 ? undefined : descriptor);
    this.#duplicate = undefined;
  }

  end(keepAlive: boolean): void {
    this.finish(keepAlive ? IDLE : CLOSING, !keepAlive);
  }

  closeIfIdle(): void {
    this.owner.send({ type: 'close-if-idle', slot: this.slot, generation: this.generation });
  }
}

/** A whole connection. */
export class HeldConnection extends HeldLoan implements ConnectionLoan {
  readonly addresses: ConnectionAddresses;
  readonly fd: number;
  readonly firstBytes: Buffer;
  /** Requests begun and not ended. */
  running = 0;
  /** Whether one ever began. An upgraded connection stays with its thread and counts for nothing any more. */
  hasBegun = false;

  constructor(
    owner: LoanOwner,
    slot: number,
    index: number,
    addresses: ConnectionAddresses,
    descriptor: number,
    firstBytes: Buffer,
  ) {
    super(owner, slot, index, LENT);
    this.addresses = addresses;
    this.fd = descriptor;
    this.firstBytes = firstBytes;
  }

  beginReply(): boolean {
    return this.moveTo(LENT_REPLYING);
  }

  endReply(): void {
    this.moveTo(LENT);
  }

  noteMethod(isHead: boolean): void {
    if (this.isOver) return;
    const { memory, layout } = this.owner.thread;
    memory.store(wordCell(layout, this.slot) + HEAD_REQUEST, isHead ? 1 : 0);
  }

  requestBegan(): void {
    if (this.isOver) return;
    this.running += 1;
    this.owner.thread.noteStart(this.slot);
    this.owner.countRunning(1);
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.owner.connectionBegan();
  }

  requestEnded(): void {
    if (this.running === 0) return;
    this.running -= 1;
    // Once the loan is over, the connection may have another.
    if (!this.isOver) this.owner.thread.noteEnd(this.slot);
    if (this.isLost) this.owner.forgetRunning();
    else this.owner.countRunning(-1);
  }

  giveBack(): void {
    this.finish(IDLE, true);
  }

  close(): void {
    this.finish(CLOSING, true);
  }
}
