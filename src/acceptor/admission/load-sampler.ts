/**
 * Looks at the threads ten times a second while there is traffic: what they finished, and for how
 * long each could not have taken another request. Reads shared memory and the idle times of their
 * event loops; asks no thread anything. Main thread.
 */
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import type { Layout } from '../../shared/memory/layout.ts';
import { runningIn, servedBy, takenBy } from '../../shared/memory/thread-line.ts';
import type { Look } from './auto-pending.ts';

/** Five looks in the time that the bound goes by; a look costs some microseconds. */
const LOOK_EVERY_MS = 100;
/**
 * A thread's first requests run cold code, ten times slower or more. It counts after so many of
 * them, or, where each takes long anyway, after so much busy time.
 */
const WARM_SERVED = 512;
const WARM_BUSY_MS = 5000;

/** For how long the event loop of each thread has waited for events, since it began. */
export type IdleTimes = () => Iterable<readonly [line: number, idleMs: number]>;

/** A thread as it was at one look. */
export interface ThreadSight {
  readonly idleMs: number;
  readonly served: number;
  /** It runs `concurrencyPerThread` requests: it may idle and still can take none. */
  readonly isFull: boolean;
}

/** What a thread has done in all looks at it. */
export interface ThreadPast {
  readonly served: number;
  readonly busyMs: number;
}

export interface LoadSamplerParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly concurrencyPerThread: number;
  readonly idleTimes: IdleTimes;
  readonly hasPending: () => boolean;
  readonly onLook: (look: Look) => void;
  /** Looks begin, after so long a time without traffic. */
  readonly onStart: (pausedMs: number) => void;
}

export class LoadSampler {
  readonly #parts: LoadSamplerParts;
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;
  #sights: ReadonlyMap<number, ThreadSight> = new Map();
  readonly #pasts = new Map<number, ThreadPast>();
  #taken = 0;
  #at = nowMs();

  constructor(parts: LoadSamplerParts) {
    this.#parts = parts;
  }

  /** There is traffic. For each request: costs nothing while it looks already. */
  wake(): void {
    if (!this.#isLooking) this.#start();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isLooking = true;
  }

  #start(): void {
    this.#isLooking = true;
    const now = nowMs();
    this.#parts.onStart(now - this.#at);
    this.#at = now;
    this.#taken = this.#countTaken();
    this.#sights = this.#see();
    this.#timer ??= setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
    this.#timer.refresh();
  }

  #look(): void {
    const now = nowMs();
    const taken = this.#countTaken();
    const sights = this.#see();
    const look = compare(this.#sights, sights, this.#pasts, now - this.#at);
    const isQuiet = this.#isSameServed(sights) && taken === this.#taken && !this.#parts.hasPending();
    this.#at = now;
    this.#taken = taken;
    this.#sights = sights;
    this.#parts.onLook(look);
    if (isQuiet) this.#isLooking = false;
    else this.#timer?.refresh();
  }

  #isSameServed(sights: ReadonlyMap<number, ThreadSight>): boolean {
    return [...sights].every(([line, { served }]) => this.#sights.get(line)?.served === served);
  }

  #countTaken(): number {
    const { memory, layout } = this.#parts;
    let taken = 0;
    for (let line = 1; line <= layout.lineCount; line += 1) taken = (taken + takenBy(memory, layout, line)) | 0;
    return taken;
  }

  #see(): ReadonlyMap<number, ThreadSight> {
    const { memory, layout, concurrencyPerThread, idleTimes } = this.#parts;
    const sights = new Map<number, ThreadSight>();
    for (const [line, idleMs] of idleTimes()) {
      const isFull = runningIn(memory, layout, line) >= concurrencyPerThread;
      sights.set(line, { idleMs, served: servedBy(memory, layout, line), isFull });
    }
    return sights;
  }
}

/** What the threads that are warm did between two looks `ms` apart. Keeps `pasts`. */
export function compare(
  before: ReadonlyMap<number, ThreadSight>,
  now: ReadonlyMap<number, ThreadSight>,
  pasts: Map<number, ThreadPast>,
  ms: number,
): Look {
  const look = { ms, threadMs: 0, busyMs: 0, served: 0 };
  for (const [line, thread] of now) {
    const earlier = before.get(line);
    // Its first look, or another thread on the same line: nothing is known of its time.
    if (earlier === undefined || thread.idleMs < earlier.idleMs) {
      if (earlier !== undefined) pasts.delete(line);
      continue;
    }
    const past = pasts.get(line) ?? { served: 0, busyMs: 0 };
    const served = (thread.served - earlier.served) | 0;
    const loopMs = Math.max(0, ms - (thread.idleMs - earlier.idleMs));
    // Full at both ends is taken for full all along, at one end for half the time.
    const fullMs = (ms * (Number(thread.isFull) + Number(earlier.isFull))) / 2;
    const busyMs = Math.max(loopMs, fullMs);
    pasts.set(line, { served: past.served + served, busyMs: past.busyMs + busyMs });
    if (past.served < WARM_SERVED && past.busyMs < WARM_BUSY_MS) continue;
    look.threadMs += ms;
    look.busyMs += busyMs;
    look.served += served;
  }
  return look;
}
