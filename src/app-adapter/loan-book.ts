/**
 * The loans that a thread has, by their connection's slot; and those that wait for a duplicate,
 * which come to be over earlier than their answer. Worker thread.
 */
import type { HeldLoan, HeldRequest } from './held-loan.ts';

export class LoanBook {
  /** By slot: the newest loan of each connection. No Map: see `roster.ts`. */
  readonly #loans: (HeldLoan | undefined)[] = [];
  #size = 0;
  readonly #awaitingDuplicate: HeldRequest[] = [];
  #whenEmpty: (() => void) | undefined;

  get all(): Iterable<HeldLoan> {
    return this.#loans.filter((loan) => loan !== undefined);
  }

  add(loan: HeldLoan): void {
    const { slot } = loan;
    // No holes: V8 would make a dictionary of it.
    while (this.#loans.length <= slot) this.#loans.push(undefined);
    if (this.#loans[slot] === undefined) this.#size += 1;
    this.#loans[slot] = loan;
  }

  remove(loan: HeldLoan): void {
    if (this.#loans[loan.slot] === loan) {
      this.#loans[loan.slot] = undefined;
      this.#size -= 1;
    }
    if (this.#whenEmpty !== undefined) this.#lookWhetherEmpty();
  }

  newestIn(slot: number): HeldLoan | undefined {
    return this.#loans[slot];
  }

  /** The loan that the acceptor speaks of, if it is still under way. */
  find(slot: number, generation: number): HeldLoan | undefined {
    const loan = this.#loans[slot];
    return loan?.generation === generation ? loan : undefined;
  }

  /** Calls back once, as soon as there is none. */
  onceEmpty(whenEmpty: () => void): void {
    this.#whenEmpty = whenEmpty;
    this.#lookWhetherEmpty();
  }

  expectDuplicate(loan: HeldRequest): void {
    this.#awaitingDuplicate.push(loan);
  }

  giveDuplicate(slot: number, generation: number, descriptor: number): void {
    const index = this.#awaitingDuplicate.findIndex((loan) => loan.slot === slot && loan.generation === generation);
    if (index !== -1) this.#awaitingDuplicate.splice(index, 1)[0]?.giveDuplicate(descriptor);
  }

  #lookWhetherEmpty(): void {
    if (this.#size > 0) return;
    const whenEmpty = this.#whenEmpty;
    this.#whenEmpty = undefined;
    whenEmpty?.();
  }
}
