/**
 * Looks now and then whether this thread has had enough: too much memory, or as many requests as it
 * should serve. Tells the pool, again and again, until it is replaced. Worker thread.
 */
import v8 from 'node:v8';
import type { OverLimit } from '../shared/messages.ts';

/** Between two looks by time; each costs some microseconds. */
const LOOK_EVERY_MS = 1000;
/** Between two looks by requests: what a burst allocates is seen before the next second. */
const LOOK_EVERY_REQUESTS = 256;

export interface LimitWatchParts {
  /** 0: no limit. */
  readonly maxThreadHeapBytes: number;
  /** 0: no limit. */
  readonly recycleAfterRequests: number;
  /** Requests that the thread has finished. */
  readonly served: () => number;
  readonly heapBytes?: () => number;
  readonly tell: (limit: OverLimit) => void;
}

/** JavaScript heap, and what its objects hold outside of it: Buffers, ArrayBuffers. */
export function heapBytesNow(): number {
  const { used_heap_size: used, external_memory: external } = v8.getHeapStatistics();
  return used + external;
}

export class LimitWatch {
  readonly #parts: LimitWatchParts;
  readonly #lookEvery: number;
  #untilLook: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LimitWatchParts) {
    this.#parts = parts;
    const { recycleAfterRequests } = parts;
    const isFew = recycleAfterRequests > 0 && recycleAfterRequests < LOOK_EVERY_REQUESTS;
    this.#lookEvery = isFew ? recycleAfterRequests : LOOK_EVERY_REQUESTS;
    this.#untilLook = this.#lookEvery;
  }

  start(): void {
    const { maxThreadHeapBytes, recycleAfterRequests } = this.#parts;
    if (maxThreadHeapBytes === 0 && recycleAfterRequests === 0) this.#untilLook = Number.POSITIVE_INFINITY;
    else this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** For each request that begins. */
  countRequest(): void {
    this.#untilLook -= 1;
    if (this.#untilLook > 0) return;
    this.#untilLook = this.#lookEvery;
    this.look();
  }

  look(): void {
    const { maxThreadHeapBytes, recycleAfterRequests, served, heapBytes = heapBytesNow, tell } = this.#parts;
    if (recycleAfterRequests > 0 && served() >= recycleAfterRequests) {
      tell({ reason: 'requests', served: served() });
    } else if (maxThreadHeapBytes > 0) {
      const bytes = heapBytes();
      if (bytes > maxThreadHeapBytes) tell({ reason: 'memory', heapBytes: bytes });
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#untilLook = Number.POSITIVE_INFINITY;
  }
}
