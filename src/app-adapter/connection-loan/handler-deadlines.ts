/**
 * How long the handlers of lent connections may take: one timer for all of a thread, set for the
 * earliest, so that a request costs a place in a map. The acceptor sees of a lent connection only
 * that it is lent; it acts where this thread can't. Worker threads.
 */
import { nowMs } from '../../shared/clock.ts';

/** What has a handler that runs. */
export interface Timed {
  /** When its client has last sent something: a body that is still arriving is not the handler's delay. */
  readonly lastReadMs: number;
  /** It has had its time: it runs since so long. */
  onHandlerLate(ranMs: number): void;
}

export class HandlerDeadlines {
  readonly #limitMs: number;
  /** When each began. */
  readonly #starts = new Map<Timed, number>();
  #timer: NodeJS.Timeout | undefined;

  /** 0: off. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  start(timed: Timed): void {
    if (this.#limitMs === 0) return;
    this.#starts.set(timed, nowMs());
    if (this.#timer === undefined) this.#arm(this.#limitMs);
  }

  stop(timed: Timed): void {
    this.#starts.delete(timed);
  }

  #arm(afterMs: number): void {
    // Does not keep alive a thread that has nothing else to do.
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(afterMs))).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const now = nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [timed, startedMs] of this.#starts) {
      const dueMs = Math.max(startedMs, timed.lastReadMs) + this.#limitMs;
      if (dueMs > now) {
        nextMs = Math.min(nextMs, dueMs);
        continue;
      }
      this.#starts.delete(timed);
      timed.onHandlerLate(now - startedMs);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs - now);
  }
}
