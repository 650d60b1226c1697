/**
 * The one place that touches Atomics: 32-bit cells of shared memory, each access sequentially
 * consistent. Everything that threads tell each other goes through one of these six operations, so
 * that the protocols above can be read, and tested one access at a time, against this interface.
 */

/** What the protocols need of their memory. The tests give them one that stops between accesses. */
export interface Memory {
  load(cell: number): number;
  store(cell: number, value: number): void;
  /** Stores `value` if the cell holds `expected`; gives what it held. */
  compareExchange(cell: number, expected: number, value: number): number;
  exchange(cell: number, value: number): number;
  add(cell: number, value: number): number;
  or(cell: number, bits: number): number;
}

export class Cells implements Memory {
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new Int32Array(buffer);
  }

  load(cell: number): number {
    return Atomics.load(this.#cells, cell);
  }

  store(cell: number, value: number): void {
    Atomics.store(this.#cells, cell, value);
  }

  compareExchange(cell: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#cells, cell, expected, value);
  }

  exchange(cell: number, value: number): number {
    return Atomics.exchange(this.#cells, cell, value);
  }

  add(cell: number, value: number): number {
    return Atomics.add(this.#cells, cell, value);
  }

  or(cell: number, bits: number): number {
    return Atomics.or(this.#cells, cell, bits);
  }
}
