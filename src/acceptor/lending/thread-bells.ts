/**
 * The threads as the acceptor sees them: which are ready, and which to ring. It rings a sleeping
 * thread for each request it puts into the queue; threads that run look at the queue by themselves.
 */
import { ring } from '../../shared/bell.ts';
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import type { Layout } from '../../shared/memory/layout.ts';
import { mayHoldRequests } from '../../shared/memory/request-ring.ts';
import { ASLEEP, RUNG, runningIn, threadState, tryRing } from '../../shared/memory/thread-line.ts';

/** A ring that is not answered after this long rings another thread. */
const RING_AGAIN_MS = 1;

interface ThreadBell {
  readonly line: number;
  /** Write end of its bell. */
  readonly descriptor: number;
  rungAt: number;
}

/** Which sleeping thread to ring: the one that runs the fewest requests. Pure. */
export function pickThread<Thread>(
  threads: readonly Thread[],
  isAsleep: (thread: Thread) => boolean,
  running: (thread: Thread) => number,
): Thread | undefined {
  let picked: Thread | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const thread of threads) {
    if (!isAsleep(thread)) continue;
    const count = running(thread);
    if (count >= fewest) continue;
    picked = thread;
    fewest = count;
    if (count === 0) break;
  }
  return picked;
}

export class ThreadBells {
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #concurrency: number;
  #threads: readonly ThreadBell[] = [];
  #ringAgainTimer: NodeJS.Timeout | undefined;
  #isRingAgainArmed = false;
  readonly #isAsleep = (thread: ThreadBell): boolean => threadState(this.#memory, this.#layout, thread.line) === ASLEEP;
  readonly #running = (thread: ThreadBell): number => runningIn(this.#memory, this.#layout, thread.line);

  /** A thread that runs `concurrency` requests is not ready, though it may sleep: they may be of lent connections. */
  constructor(memory: Memory, layout: Layout, concurrency: number) {
    this.#memory = memory;
    this.#layout = layout;
    this.#concurrency = concurrency;
  }

  add(line: number, descriptor: number): void {
    this.#threads = [...this.#threads, { line, descriptor, rungAt: 0 }];
    // It may be asleep already: what was put since its last look rang nobody.
    if (mayHoldRequests(this.#memory)) this.ringOne();
  }

  /** Gives the descriptor of its bell, for the caller to close. */
  remove(line: number): number | undefined {
    const removed = this.#threads.find((thread) => thread.line === line);
    this.#threads = this.#threads.filter((thread) => thread.line !== line);
    return removed?.descriptor;
  }

  /** The thread is to take no more requests: a ring that it has not answered goes to another one. */
  retire(line: number): void {
    this.remove(line);
    if (mayHoldRequests(this.#memory)) this.ringOne();
  }

  /** Threads that will take a request at once: asleep, or rung just now. */
  countReady(): number {
    let ready = 0;
    const overdue = nowMs() - RING_AGAIN_MS;
    for (const thread of this.#threads) {
      const state = threadState(this.#memory, this.#layout, thread.line);
      const isListening = state === ASLEEP || (state === RUNG && thread.rungAt > overdue);
      if (isListening && this.#running(thread) < this.#concurrency) ready += 1;
    }
    return ready;
  }

  /** Rings one sleeping thread, if there is one. */
  ringOne(): void {
    for (;;) {
      const thread = pickThread(this.#threads, this.#isAsleep, this.#running);
      if (thread === undefined) return;
      if (!tryRing(this.#memory, this.#layout, thread.line)) continue;
      thread.rungAt = nowMs();
      ring(thread.descriptor);
      this.#lookAgainSoon();
      return;
    }
  }

  close(): void {
    clearTimeout(this.#ringAgainTimer);
    this.#ringAgainTimer = undefined;
  }

  /** Armed once, not again by each ring: under load it would never fire. */
  #lookAgainSoon(): void {
    if (this.#isRingAgainArmed) return;
    this.#isRingAgainArmed = true;
    this.#ringAgainTimer ??= setTimeout(() => this.#ringAgain(), RING_AGAIN_MS);
    this.#ringAgainTimer.refresh();
  }

  /** A thread asleep in its event loop answers within microseconds; one in a long continuation doesn't. */
  #ringAgain(): void {
    this.#isRingAgainArmed = false;
    if (!mayHoldRequests(this.#memory)) return;
    const isUnanswered = this.#threads.some((thread) => threadState(this.#memory, this.#layout, thread.line) === RUNG);
    if (!isUnanswered) return;
    this.ringOne();
    this.#lookAgainSoon();
  }
}
