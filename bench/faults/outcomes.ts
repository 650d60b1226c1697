/** Counts by name: what became of what the faults themselves sent. */
export class Outcomes {
  readonly #counts: Record<string, number> = {};

  add(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  read(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}
