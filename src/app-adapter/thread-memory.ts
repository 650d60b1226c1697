/** A thread's place in shared memory: what it needs to claim, to write words and to ring. */
import { ring } from '../shared/bell.ts';
import { Cells, type Memory } from '../shared/cells.ts';
import { DRAINING, type Layout } from '../shared/layout.ts';
import { writeLetter } from '../shared/mailbox.ts';
import type { ThreadStart } from '../shared/messages.ts';
import { tryRingAcceptor } from '../shared/thread-line.ts';

export class ThreadMemory {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly line: number;
  readonly #acceptorBell: number;

  constructor(start: ThreadStart) {
    this.memory = new Cells(start.buffer);
    this.layout = start.layout;
    this.line = start.line;
    this.#acceptorBell = start.acceptorBellDescriptor;
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
}
