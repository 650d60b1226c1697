/**
 * The loans that a thread has, by their connection's slot; and those that wait for a duplicate,
 * which come to be over earlier than their answer. Worker thread.
 */
import type { HeldLoan, HeldRequest } from './held-loan.ts';

export class LoanBook {
  /** By slot: the newest loan of each connection. */
  readonly #loans = new Map<number, HeldLoan>();
  readonly #awaitingDuplicate: HeldRequest[] = [];
  #whenEmpty: (() => void) | undefined;

  get all(): Iterable<HeldLoan> {
    return this.#loans.values();
  }

  add(loan: HeldLoan): void {
    this.#loans.set(loan.slot, loan);
  }

  remove(loan: HeldLoan): void {
    if (this.#loans.get(loan.slot) === loan) this.#loans.delete(loan.slot);
    if (this.#whenEmpty !== undefined) this.#lookWhetherEmpty();
  }

  newestIn(slot: number): HeldLoan | undefined {
    return this.#loans.get(slot);
  }

  /** The loan that the acceptor speaks of, if it is still under way. */
  find(slot: number, generation: number): HeldLoan | undefined {
    const loan = this.#loans.get(slot);
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
    if (this.#loans.size > 0) return;
    const whenEmpty = this.#whenEmpty;
    this.#whenEmpty = undefined;
    whenEmpty?.();
  }
}
