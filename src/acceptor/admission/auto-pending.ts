/**
 * `maxPending: 'auto'`: as many requests may wait as the threads complete in `targetWaitMs`. In come
 * looks at the threads, ten a second; out comes the bound. Pure: no clock, no threads.
 *
 * The rate is requests per busy thread time, not per time: threads that idle because the bound lets
 * too little wait do not look slow, so a low bound cannot keep itself low.
 */
import { MOST_AUTO_PENDING, UNMEASURED_MAX_PENDING } from '../../shared/options/max-pending.ts';

/** What happened between two looks, summed over the threads that were there at both. */
export interface Look {
  /** Time between them. */
  readonly ms: number;
  /** The same, once for each thread. */
  readonly threadMs: number;
  /** Of that, the time in which a thread could not have taken a request. */
  readonly busyMs: number;
  /** Requests finished. */
  readonly served: number;
}

/** Looks older than this are forgotten: the bound follows a load that switches well within a second. */
const WINDOW_MS = 500;
/** All are busy when the threads were so for this much of the time: one ring's latency is no idleness. */
const ALL_BUSY_SHARE = 0.9;
/** So long they must have been busy before a rate is believed: a burst's first requests run cold code. */
const BELIEVED_MS = 250;
/** So long after all threads were busy a low bound is still of use; then it could only refuse what is no load. */
const FRESH_MS = 1000;
/** From fewer requests nothing is concluded while some threads idle. */
const BELIEVED_SERVED = 16;

/** The bound for a rate; undefined: not known yet. */
export function boundFor(ratePerSecond: number | undefined, targetWaitMs: number, threadCount: number): number {
  if (ratePerSecond === undefined) return UNMEASURED_MAX_PENDING;
  // Twice the threads at least: each finds another request when it has finished one.
  return Math.min(MOST_AUTO_PENDING, Math.max(2 * threadCount, Math.round((ratePerSecond * targetWaitMs) / 1000)));
}

export class AutoPending {
  readonly #threadCount: number;
  readonly #targetWaitMs: number;
  #looks: Look[] = [];
  #ratePerSecond: number | undefined;
  #bound: number;
  /** How long ago all threads were busy. */
  #staleMs = 0;

  constructor(threadCount: number, targetWaitMs: number) {
    this.#threadCount = threadCount;
    this.#targetWaitMs = targetWaitMs;
    this.#bound = boundFor(undefined, targetWaitMs, threadCount);
  }

  get bound(): number {
    return this.#bound;
  }

  /** Requests a second with all threads busy; undefined until it was measured. */
  get ratePerSecond(): number | undefined {
    return this.#ratePerSecond;
  }

  note(look: Look): void {
    this.#looks.push(look);
    let ms = 0;
    for (const { ms: each } of this.#looks) ms += each;
    while (ms - (this.#looks[0]?.ms ?? 0) >= WINDOW_MS) ms -= this.#looks.shift()?.ms ?? 0;
    this.#staleMs += look.ms;
    this.#ratePerSecond = this.#rate();
    this.#setBound();
  }

  /** Nothing was looked at for so long: what was seen before says nothing about what comes. */
  pause(ms: number): void {
    this.#looks = [];
    this.#staleMs += ms;
    this.#setBound();
  }

  #setBound(): void {
    const measured = boundFor(this.#ratePerSecond, this.#targetWaitMs, this.#threadCount);
    this.#bound = this.#staleMs > FRESH_MS ? Math.max(UNMEASURED_MAX_PENDING, measured) : measured;
  }

  #rate(): number | undefined {
    const allBusy = sum(
      this.#looks.filter(({ busyMs, threadMs }) => busyMs > 0 && busyMs >= ALL_BUSY_SHARE * threadMs),
    );
    if (allBusy.ms >= BELIEVED_MS) {
      this.#staleMs = 0;
      return perSecond(allBusy, this.#threadCount);
    }
    // Some threads idle: their load may have become lighter than the one the rate is from. It can't
    // be taken for heavier: a few requests on idle threads cost more each than many on busy ones.
    const all = sum(this.#looks);
    if (this.#ratePerSecond === undefined || all.served < BELIEVED_SERVED || all.busyMs === 0) {
      return this.#ratePerSecond;
    }
    return Math.max(this.#ratePerSecond, perSecond(all, this.#threadCount));
  }
}

function sum(looks: readonly Look[]): Look {
  const total = { ms: 0, threadMs: 0, busyMs: 0, served: 0 };
  for (const { ms, threadMs, busyMs, served } of looks) {
    total.ms += ms;
    total.threadMs += threadMs;
    total.busyMs += busyMs;
    total.served += served;
  }
  return total;
}

/** What all threads would finish in a second, each as fast as the busy ones were. */
const perSecond = ({ served, busyMs }: Look, threadCount: number): number => (served / busyMs) * 1000 * threadCount;
