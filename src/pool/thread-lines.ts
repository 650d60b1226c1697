/**
 * The lines of shared memory that threads write on, 1 to `count`. A line belongs to one thread from
 * its start to its exit: the late writes of a thread that has not exited would meet a new owner's.
 * There are enough for two generations of threads, each with one thread more that replaces another;
 * a third one waits here until the first has gone. Main thread.
 */
export class ThreadLines {
  readonly #free: number[];
  readonly #waiting: { readonly count: number; readonly resolve: (lines: number[]) => void }[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, index) => index + 1);
  }

  /** So many lines, as soon as there are. First come, first served. */
  take(count: number): Promise<number[]> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
      this.#serve();
    });
  }

  /** One line at once; undefined if there is none, or somebody waits for it. */
  tryTake(): number | undefined {
    return this.#waiting.length > 0 ? undefined : this.#free.shift();
  }

  giveBack(line: number): void {
    this.#free.push(line);
    this.#free.sort((one, other) => one - other);
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.count > this.#free.length) return;
      this.#waiting.shift();
      next.resolve(this.#free.splice(0, next.count));
    }
  }
}
