/**
 * Lending: a whole request (or a connection) goes into the queue with the descriptor its thread
 * will write on, and comes back by its word. Counts what waits: each request once, until it is
 * taken, cancelled or refused. Main thread.
 */
import { fstatSync } from 'node:fs';
import type { Memory } from '../../shared/memory/cells.ts';
import type { Layout } from '../../shared/memory/layout.ts';
import { HEAD_REQUEST, wordCell } from '../../shared/memory/layout.ts';
import { cancelWaiting, entrySlotOf, findRoom, publish, setOverflow } from '../../shared/memory/request-ring.ts';
import type { RingWriter } from '../../shared/memory/ring-bytes.ts';
import { clearStart } from '../../shared/memory/request-start.ts';
import { takenBy } from '../../shared/memory/thread-line.ts';
import { IDLE, makeWord } from '../../shared/memory/words.ts';
import { wireConnectionOf } from './addresses.ts';
import type { Connection } from '../connection.ts';
import type { Libc } from '../libc.ts';
import type { ThreadBells } from './thread-bells.ts';

/** A request that found the ring full. Its word stays idle until there is room. */
interface OverflowRequest {
  readonly connection: Connection;
  readonly bytes: Buffer;
}

export interface LendingParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly writer: RingWriter;
  readonly libc: Libc;
  readonly bells: ThreadBells;
  /** Whether threads say when a request began to run. */
  readonly timesHandlers: boolean;
}

export class Lending {
  readonly #parts: LendingParts;
  #overflow: OverflowRequest[] = [];
  /** Put into the ring and not cancelled. */
  #put = 0;
  /** The sum of what threads had taken when it was last read; it only grows, so an old one is safe. */
  #taken = 0;

  constructor(parts: LendingParts) {
    this.#parts = parts;
  }

  /** Requests that no thread has taken. Exact. */
  countPending(): number {
    const { memory, layout } = this.#parts;
    let taken = 0;
    for (let line = 1; line <= layout.lineCount; line += 1) taken = (taken + takenBy(memory, layout, line)) | 0;
    this.#taken = taken;
    return this.#pendingAtMost();
  }

  /** Put into the ring so far; goes round at 32 bits. */
  get putCount(): number {
    return this.#put;
  }

  /** Whether at least `limit` requests wait. Reads the threads' counts only when it matters. */
  hasPending(limit: number): boolean {
    return this.#pendingAtMost() >= limit && this.countPending() >= limit;
  }

  /**
   * Lends `bytes[start, end)`. The connection's word is idle and its request admitted. `hasMore`:
   * bytes wait behind it, so the loan's end must be told. Throws when descriptors are used up.
   */
  lend(
    connection: Connection,
    bytes: Uint8Array,
    start: number,
    end: number,
    lendsConnection: boolean,
    hasMore: boolean,
    now: number,
  ): void {
    connection.lendsConnection = lendsConnection;
    if (this.#overflow.length === 0 && this.#tryPut(connection, bytes, start, end, hasMore, now)) return;
    connection.enter('overflow', now);
    this.#overflow.push({ connection, bytes: Buffer.from(bytes.subarray(start, end)) });
    // The flag first, then one more try: a thread frees its entry first and then reads the flag.
    setOverflow(this.#parts.memory, true);
    this.drainOverflow(now);
  }

  /** There may be room again. */
  drainOverflow(now: number): void {
    let drained = 0;
    for (const request of this.#overflow) {
      if (!this.#tryPutAgain(request, now)) break;
      drained += 1;
    }
    if (drained > 0) this.#overflow.splice(0, drained);
    if (this.#overflow.length === 0) setOverflow(this.#parts.memory, false);
  }

  #tryPutAgain({ connection, bytes }: OverflowRequest, now: number): boolean {
    // Its descriptor's number may be another connection's by now; its 'close' cancels it.
    if (connection.isDestroyed) return true;
    const mustTell = connection.buffer !== undefined || connection.hasEnded;
    try {
      return this.#tryPut(connection, bytes, 0, bytes.length, mustTell, now);
    } catch {
      // Descriptors are used up: it waits on.
      return false;
    }
  }

  /** Takes a waiting request back. False: a thread has it (or had it). */
  cancel(connection: Connection, now: number): boolean {
    if (connection.phase === 'overflow') {
      this.#overflow = this.#overflow.filter((request) => request.connection !== connection);
      if (this.#overflow.length === 0) setOverflow(this.#parts.memory, false);
      return true;
    }
    const { memory, layout } = this.#parts;
    const idleWord = makeWord(IDLE, 0, connection.loanIndex);
    if (!cancelWaiting(memory, layout, connection.slot, connection.loanIndex, idleWord)) return false;
    this.#put -= 1;
    this.#closeLentDescriptors(connection);
    this.drainOverflow(now);
    return true;
  }

  /** Claims that a dead thread made and could not count. */
  recount(uncounted: number): void {
    this.#put -= uncounted;
  }

  /** A duplicate for a thread that goes on by itself. Remembered until the loan ends. */
  duplicateForThread(connection: Connection): number {
    const descriptor = this.#parts.libc.duplicate(connection.descriptor);
    connection.lentDescriptors ??= [];
    connection.lentDescriptors.push({ descriptor, inode: fstatSync(descriptor).ino });
    return descriptor;
  }

  /** Made with the first loan, kept for the next ones. Where no socket has the connection's own, that one will do. */
  #writeDescriptorOf(connection: Connection): number {
    if (connection.writeDescriptor === -1) {
      const { descriptor } = connection;
      const isOurs = connection.isUnwatched && connection.incoming.isBare;
      connection.writeDescriptor = isOurs ? descriptor : this.#parts.libc.duplicate(descriptor);
    }
    return connection.writeDescriptor;
  }

  #pendingAtMost(): number {
    return ((this.#put - this.#taken) | 0) + this.#overflow.length;
  }

  #tryPut(
    connection: Connection,
    bytes: Uint8Array,
    start: number,
    end: number,
    hasMore: boolean,
    now: number,
  ): boolean {
    const { memory, layout, writer, libc, bells } = this.#parts;
    const index = findRoom(memory, layout);
    if (index === undefined) return false;
    const { lendsConnection, slot } = connection;
    const descriptor = lendsConnection ? this.duplicateForThread(connection) : this.#writeDescriptorOf(connection);
    connection.wire ??= wireConnectionOf(connection, libc);
    if (!writer.write(index, descriptor, connection.wire, bytes, start, end, connection.headLength)) {
      if (lendsConnection) this.#closeLentDescriptors(connection);
      return false;
    }
    if (this.#parts.timesHandlers) clearStart(memory, layout, slot);
    const cell = wordCell(layout, slot);
    connection.loanIndex = index;
    // Its time in the list counts: it has waited since then.
    connection.enter('lent', connection.phase === 'overflow' ? connection.since : now);
    if (lendsConnection) memory.store(cell + HEAD_REQUEST, connection.isHeadRequest ? 1 : 0);
    publish(memory, layout, index, entrySlotOf(slot, lendsConnection), memory.load(cell), hasMore);
    this.#put += 1;
    bells.ringOne();
    return true;
  }

  /** Only of loans that no thread has seen: the numbers are still ours. */
  #closeLentDescriptors(connection: Connection): void {
    for (const { descriptor } of connection.lentDescriptors ?? []) this.#parts.libc.close(descriptor);
    connection.lentDescriptors = undefined;
  }
}
