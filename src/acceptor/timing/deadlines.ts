/** The clock of all connections: one heap, one timer, set for the earliest time. */
import { nowMs } from '../../shared/clock.ts';
import { DeadlineHeap, type Due } from './deadline-heap.ts';

/** Node's longest timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Deadlines<Item extends Due> {
  readonly #heap: DeadlineHeap<Item> = new DeadlineHeap();
  readonly #whenDue: (item: Item, now: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(whenDue: (item: Item, now: number) => void) {
    this.#whenDue = whenDue;
  }

  /** Makes sure that the item comes up at `dueAt` at the latest; earlier is fine. */
  schedule(item: Item, dueAt: number): void {
    if (this.#heap.schedule(item, dueAt)) this.#setTimer();
  }

  remove(item: Item): void {
    this.#heap.remove(item);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #setTimer(): void {
    const { nextAt } = this.#heap;
    clearTimeout(this.#timer);
    if (nextAt === undefined) return;
    const delay = Math.min(Math.max(1, Math.ceil(nextAt - nowMs())), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#runAfterReading(), delay).unref();
  }

  /** After a stall of this thread timers come before reads: bytes that were in time are read first. */
  #runAfterReading(): void {
    clearImmediate(this.#immediate);
    this.#immediate = setImmediate(() => this.#run());
  }

  #run(): void {
    const now = nowMs();
    for (;;) {
      const item = this.#heap.takeDue(now);
      if (item === undefined) break;
      this.#whenDue(item, now);
    }
    this.#setTimer();
  }
}
