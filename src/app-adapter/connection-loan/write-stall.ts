/**
 * Lets slow readers go, which node:http never does: while bytes are queued, the kernel must take
 * some of them within `timeoutMs`. Worker threads.
 */

/** How many looks one time-out is divided into: how late it may be found, against timer calls. */
const LOOKS = 4;

export class WriteStall {
  readonly #timeoutMs: number;
  readonly #queuedBytes: () => number;
  readonly #onStalled: () => void;
  #timer: NodeJS.Timeout | undefined;
  #lastQueued = 0;
  #looksWithoutProgress = 0;

  /** `timeoutMs` 0: off. `queuedBytes` is what the kernel has not taken yet. */
  constructor(timeoutMs: number, queuedBytes: () => number, onStalled: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#queuedBytes = queuedBytes;
    this.#onStalled = onStalled;
  }

  /** A write was not taken whole. */
  watch(): void {
    if (this.#timer !== undefined || this.#timeoutMs === 0) return;
    this.#lastQueued = this.#queuedBytes();
    this.#looksWithoutProgress = 0;
    this.#timer = setInterval(() => this.#look(), Math.max(1, this.#timeoutMs / LOOKS));
  }

  /** Nothing is queued any more, or the connection is over. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const queued = this.#queuedBytes();
    this.#looksWithoutProgress = queued === this.#lastQueued ? this.#looksWithoutProgress + 1 : 0;
    this.#lastQueued = queued;
    if (this.#looksWithoutProgress < LOOKS) return;
    this.stop();
    this.#onStalled();
  }
}
