/** A thread's place in shared memory: what it needs to claim, to write words, to ring and to show that it lives. */
import { setInterval } from 'node:timers';
import { ring } from '../shared/bell.ts';
import { Cells, type Memory } from '../shared/memory/cells.ts';
import { nowMs } from '../shared/clock.ts';
import { DRAINING, type Layout } from '../shared/memory/layout.ts';
import { writeLetter } from '../shared/memory/mailbox.ts';
import type { ThreadStart } from '../shared/messages.ts';
import { clearStart, noteStart } from '../shared/memory/request-start.ts';
import { addUpgraded, beat, beatEveryMs, servedBy, tryRingAcceptor } from '../shared/memory/thread-line.ts';

export class ThreadMemory {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly line: number;
  readonly #acceptorBell: number;
  /** What the line's threads before this one have finished. */
  readonly #servedBefore: number;
  /** 0: nobody asks when a request began. */
  readonly #handlerTimeoutMs: number;

  constructor(start: ThreadStart) {
    this.memory = new Cells(start.buffer);
    this.layout = start.layout;
    this.line = start.line;
    this.#acceptorBell = start.acceptorBellDescriptor;
    this.#servedBefore = servedBy(this.memory, this.layout, this.line);
    this.#handlerTimeoutMs = start.options.handlerTimeoutMs;
  }

  /** Requests that this thread has finished. */
  get served(): number {
    return (servedBy(this.memory, this.layout, this.line) - this.#servedBefore) | 0;
  }

  get isDraining(): boolean {
    return this.memory.load(DRAINING) === 1;
  }

  /** Asks the acceptor to look at a connection. */
  writeLetter(slot: number): void {
    writeLetter(this.memory, this.layout, this.line, slot);
    this.ringAcceptor();
  }

  /** At once: behind the next handler it could wait long. A ring that is not answered yet serves this one too. */
  ringAcceptor(): void {
    if (tryRingAcceptor(this.memory, this.layout, this.line)) ring(this.#acceptorBell);
  }
  /** The request on this connection begins to run; its ring entry is free. */
  noteStart(slot: number): void {
    if (this.#handlerTimeoutMs !== 0) noteStart(this.memory, this.layout, slot, nowMs());
  }

  /** Nothing runs on the connection whose time is a handler's. */
  noteEnd(slot: number): void {
    if (this.#handlerTimeoutMs !== 0) clearStart(this.memory, this.layout, slot);
  }

  /** A connection has begun (1) or ended (-1) to speak another protocol. */
  countUpgraded(change: 1 | -1): void {
    addUpgraded(this.memory, this.layout, this.line, change);
  }

  /** From now on a timer shows that the event loop turns. A thread that does not beat is never taken for held. */
  startBeating(): void {
    if (this.#handlerTimeoutMs === 0) return;
    const showLife = (): void => beat(this.memory, this.layout, this.line, nowMs());
    showLife();
    setInterval(showLife, beatEveryMs(this.#handlerTimeoutMs)).unref();
  }
}
