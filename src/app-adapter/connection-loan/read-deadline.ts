/**
 * The two limits on how long a client may take to send one request: between two reads, and in all.
 * One timer, which looks at the clock when it fires, so that a read costs no timer call. Worker
 * threads.
 */
import { nowMs } from '../../shared/clock.ts';

export interface ReadLimits {
  /** 0: off. */
  readonly readTimeoutMs: number;
  /** 0: off. */
  readonly maxRequestReadMs: number;
}

export class ReadDeadline {
  readonly #betweenReadsMs: number;
  readonly #wholeMs: number;
  readonly #isReading: () => boolean;
  readonly #onLate: () => void;
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #lastReadMs = 0;

  /** `isReading` false: it is the app that does not take what there is, and the time is not the client's. */
  constructor(limits: ReadLimits, isReading: () => boolean, onLate: () => void) {
    this.#betweenReadsMs = limits.readTimeoutMs || Infinity;
    this.#wholeMs = limits.maxRequestReadMs || Infinity;
    this.#isReading = isReading;
    this.#onLate = onLate;
  }

  /** When bytes have last come. */
  get lastReadMs(): number {
    return this.#lastReadMs;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** A request begins to be read. */
  start(): void {
    this.stop();
    this.#startedMs = this.#lastReadMs = nowMs();
    this.#arm(this.#startedMs);
  }

  /** Bytes have come, or reading begins again. */
  touch(): void {
    this.#lastReadMs = nowMs();
  }

  /** The request is here, or its connection is over. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(now: number): void {
    const dueMs = Math.min(this.#lastReadMs + this.#betweenReadsMs, this.#startedMs + this.#wholeMs);
    if (dueMs === Infinity) return;
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(dueMs - now)));
  }

  #look(): void {
    const now = nowMs();
    if (!this.#isReading()) return this.start();
    if (!this.#isLate(now)) return this.#arm(now);
    // The thread may have been busy: what has come meanwhile is read before an immediate runs.
    const timer = this.#timer;
    setImmediate(() => {
      if (this.#timer !== timer) return;
      if (!this.#isLate(nowMs())) return this.#arm(nowMs());
      this.stop();
      this.#onLate();
    });
  }

  #isLate(now: number): boolean {
    return now >= this.#lastReadMs + this.#betweenReadsMs || now >= this.#startedMs + this.#wholeMs;
  }
}
