/**
 * Shared memory for tests of the protocols in it: the real cells and layout, small; and a view on
 * them through which a thread dies after as many accesses as a test wants.
 */
import { Cells, type Memory } from '../../src/shared/memory/cells.ts';
import {
  computeLayout,
  type Layout,
  type LayoutNeeds,
  QUEUE_HEAD,
  QUEUE_TAIL,
} from '../../src/shared/memory/layout.ts';

export interface SharedForTest {
  readonly buffer: SharedArrayBuffer;
  readonly memory: Cells;
  readonly layout: Layout;
}

export const createShared = (needs: Partial<LayoutNeeds> = {}): SharedForTest => {
  const layout = computeLayout({
    threadCount: 2,
    maxPending: 4,
    maxHeaderBytes: 4096,
    inlineBodyBytes: 4096,
    ...needs,
  });
  const buffer = new SharedArrayBuffer(layout.totalBytes);
  return { buffer, memory: new Cells(buffer), layout };
};

/** Lets the ring's indices begin there, as after so many requests. */
export const startRingAt = (memory: Memory, index: number): void => {
  memory.store(QUEUE_HEAD, index | 0);
  memory.store(QUEUE_TAIL, index | 0);
};

/** What a thread meets at the access at which it dies. */
export class Death extends Error {
  override name = 'Death';
}

/** The same cells; the access after the `accesses`-th does not happen, and nothing after it. */
export class DyingMemory implements Memory {
  readonly #memory: Memory;
  #left: number;

  constructor(memory: Memory, accesses: number) {
    this.#memory = memory;
    this.#left = accesses;
  }

  #step(): Memory {
    if (this.#left === 0) throw new Death('The thread has died');
    this.#left -= 1;
    return this.#memory;
  }

  load(cell: number): number {
    return this.#step().load(cell);
  }

  store(cell: number, value: number): void {
    this.#step().store(cell, value);
  }

  compareExchange(cell: number, expected: number, value: number): number {
    return this.#step().compareExchange(cell, expected, value);
  }

  exchange(cell: number, value: number): number {
    return this.#step().exchange(cell, value);
  }

  add(cell: number, value: number): number {
    return this.#step().add(cell, value);
  }

  or(cell: number, bits: number): number {
    return this.#step().or(cell, bits);
  }
}

/** The same cells, and a chance to do something (as another thread) between any two accesses. */
export class InterruptedMemory implements Memory {
  readonly #memory: Memory;
  readonly #before: (access: number) => void;
  #accesses = 0;

  /** `before(n)` runs before the nth access, counted from 0. */
  constructor(memory: Memory, before: (access: number) => void) {
    this.#memory = memory;
    this.#before = before;
  }

  #step(): Memory {
    this.#before(this.#accesses);
    this.#accesses += 1;
    return this.#memory;
  }

  load(cell: number): number {
    return this.#step().load(cell);
  }

  store(cell: number, value: number): void {
    this.#step().store(cell, value);
  }

  compareExchange(cell: number, expected: number, value: number): number {
    return this.#step().compareExchange(cell, expected, value);
  }

  exchange(cell: number, value: number): number {
    return this.#step().exchange(cell, value);
  }

  add(cell: number, value: number): number {
    return this.#step().add(cell, value);
  }

  or(cell: number, bits: number): number {
    return this.#step().or(cell, bits);
  }
}
