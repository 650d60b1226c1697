/**
 * The threads that have loaded the app at the same time: one for each place, and at most one more,
 * which replaces another before that one ends. Starts them, replaces those that die or have had
 * enough, until a newer generation serves or the pool stops. Main thread.
 */
import type { Piscina } from 'piscina';
import type { LogFields, OverLimit } from '../shared/messages.ts';
import { createPiscina } from './create-piscina.ts';
import { pause } from './pause.ts';
import { Place } from './place.ts';
import type { RetireReason, ThreadPoolParts } from './pool-parts.ts';
import { PoolThread, type ThreadEnd } from './pool-thread.ts';
import { ThreadExits } from './thread-exits.ts';
import type { ThreadLines } from './thread-lines.ts';

export class Generation {
  readonly threads: Set<PoolThread> = new Set();
  readonly #parts: ThreadPoolParts;
  readonly #lines: ThreadLines;
  readonly #number: number;
  readonly #atOnce: number;
  readonly #piscina: Piscina;
  readonly #exits = new ThreadExits();
  /** By threadNumber. */
  readonly #places: Place[];
  readonly #lives = new Set<Promise<void>>();
  /** Of threads that ended before all served: their lines, which the next ones there get. */
  readonly #emptyPlaces = new Map<number, number>();
  readonly #over = new AbortController();
  #isServing = false;
  #isRecycling = false;

  /** `atOnce`: how many threads start and load the app at the same time. */
  constructor(parts: ThreadPoolParts, lines: ThreadLines, number: number, atOnce: number) {
    this.#parts = parts;
    this.#lines = lines;
    this.#number = number;
    this.#places = Array.from({ length: parts.options.threadCount }, () => new Place());
    this.#atOnce = Math.min(atOnce, parts.options.threadCount);
    this.#piscina = createPiscina(parts, this.#atOnce);
  }

  /**
   * Starts a thread for each place. Rejects with the error of the first whose app did
   * not load; no more are started then, nor once this generation is over.
   */
  async load(lines: readonly number[]): Promise<void> {
    const unused = [...lines];
    try {
      while (unused.length > 0 && !this.#over.signal.aborted) {
        const wave: PoolThread[] = [];
        while (wave.length < this.#atOnce && unused[0] !== undefined) {
          wave.push(this.#start(lines.length - unused.length, unused[0]));
          unused.shift();
        }
        await Promise.all(wave.map((thread) => thread.loaded));
      }
    } finally {
      for (const line of unused) this.#lines.giveBack(line);
    }
    // From now on a thread that ends is replaced at once.
    if (!this.#over.signal.aborted) this.#piscina.options.minThreads = lines.length;
  }

  /** All take requests from now on, and whoever ends is replaced. Resolves when they do. */
  async serve(): Promise<void> {
    this.#isServing = true;
    for (const [threadNumber, line] of this.#emptyPlaces) this.#refill(threadNumber, line, 0);
    this.#emptyPlaces.clear();
    await Promise.all([...this.threads].map((thread) => thread.serve()));
  }

  /**
   * Replaces the thread of a place: the old one serves until the new one does. False: not now, because
   * one is being replaced already, or this one was replaced just now.
   */
  recycle(threadNumber: number, reason: RetireReason, fields: LogFields): boolean {
    const place = this.#places[threadNumber];
    const old = [...this.threads].find((thread) => thread.threadNumber === threadNumber && thread.state === 'serving');
    if (place === undefined || old === undefined || !this.#isServing || this.#over.signal.aborted) return false;
    const isReplacing = this.#isRecycling || [...this.threads].some(({ state }) => state === 'retiring');
    if (isReplacing || !place.mayRecycle(old.servesSince ?? 0, performance.now())) return false;
    const line = this.#lines.tryTake();
    if (line === undefined) return false;
    this.#parts.log('info', { thread: threadNumber, reason, ...fields }, 'a thread is replaced');
    this.#isRecycling = true;
    void this.#recycle(old, place, line, reason).finally(() => (this.#isRecycling = false));
    return true;
  }

  async #recycle(old: PoolThread, place: Place, line: number, reason: RetireReason): Promise<void> {
    const { options, log } = this.#parts;
    try {
      const successor = this.#startOrGiveBack(old.threadNumber, line);
      await successor.loaded;
      await successor.serve();
      if (successor.servesSince === undefined) throw (await successor.ended).error;
    } catch (error) {
      // Of a generation that is over it is no news; if the old one has died too, its place tries again.
      if (this.#over.signal.aborted || !this.threads.has(old)) return;
      place.recycleFailed(performance.now());
      log(
        'error',
        { thread: old.threadNumber, err: error },
        'a thread serves on: its replacement failed to load the app',
      );
      return;
    }
    place.recycled(performance.now() - (old.servesSince ?? 0));
    old.retire(reason, options.gracefulTimeoutMs);
  }

  /** Nobody is replaced any more; each thread finishes what it has, for at most `limitMs`, and ends. */
  retire(reason: RetireReason, limitMs: number): void {
    this.#finish();
    for (const thread of this.threads) thread.retire(reason, limitMs);
  }

  /** Nobody is replaced any more, and all close their app. */
  close(): void {
    this.#finish();
    for (const thread of this.threads) thread.tell({ type: 'stop' });
  }

  /** Resolves when no thread is left. Only of a generation that is retired or closed. */
  async ended(): Promise<void> {
    while (this.#lives.size > 0) await Promise.all(this.#lives);
  }

  /** Ends at once whatever is left, spare threads too. */
  async destroy(): Promise<void> {
    this.#finish();
    const started = [...this.threads].filter(({ threadId }) => threadId !== undefined);
    // By us: each of them once, which piscina does not know about.
    for (const thread of started) thread.terminate();
    await Promise.all(started.map((thread) => thread.ended));
    await this.#piscina.destroy();
    await this.ended();
  }

  #finish(): void {
    this.#over.abort();
    for (const line of this.#emptyPlaces.values()) this.#lines.giveBack(line);
    this.#emptyPlaces.clear();
    // Else it starts new threads in the place of those that end.
    this.#piscina.options.minThreads = 0;
  }

  /** Throws when descriptors are used up. */
  #start(threadNumber: number, line: number): PoolThread {
    const parts = { pool: this.#parts, piscina: this.#piscina, exits: this.#exits, onOverLimit: this.#onOverLimit };
    const thread = new PoolThread(parts, threadNumber, line, this.#number);
    this.threads.add(thread);
    this.#keepUntil(thread.ended.then((end) => this.#whenEnded(thread, end)));
    return thread;
  }

  #startOrGiveBack(threadNumber: number, line: number): PoolThread {
    try {
      return this.#start(threadNumber, line);
    } catch (error) {
      this.#lines.giveBack(line);
      throw error;
    }
  }

  #keepUntil(life: Promise<void>): void {
    this.#lives.add(life);
    void life.finally(() => this.#lives.delete(life));
  }

  readonly #onOverLimit = (thread: PoolThread, { reason, ...fields }: OverLimit): void => {
    if (thread.state === 'serving') this.recycle(thread.threadNumber, reason, fields);
  };

  #whenEnded(thread: PoolThread, { error, livedMs }: ThreadEnd): void {
    const { line, threadNumber, threadId, retired } = thread;
    this.threads.delete(thread);
    const restartPauseMs = this.#restartPauseMs(thread, livedMs);
    const hasSuccessor = this.#threadsOf(threadNumber).length > 0;
    const wasReady = livedMs !== undefined;
    this.#parts.onExit(line, thread.bell, { threadNumber, threadId, error, wasReady, retired, restartPauseMs });
    if (restartPauseMs === undefined || hasSuccessor) this.#lines.giveBack(line);
    else if (this.#isServing) this.#refill(threadNumber, line, restartPauseMs);
    else this.#emptyPlaces.set(threadNumber, line);
  }

  /** How long the place of a thread that has ended stays empty; undefined if nobody misses it. */
  #restartPauseMs({ threadNumber, retired, servesSince }: PoolThread, livedMs: number | undefined): number | undefined {
    if (retired !== undefined || this.#over.signal.aborted) return undefined;
    // An app that does not load fails its whole generation.
    if (!this.#isServing && livedMs === undefined) return undefined;
    if (this.#threadsOf(threadNumber).length === 0) return this.#places[threadNumber]?.died(livedMs);
    // Its replacement is under way already; or it was that replacement, and the old one serves on.
    return servesSince === undefined ? undefined : 0;
  }

  #threadsOf(threadNumber: number): PoolThread[] {
    return [...this.threads].filter((thread) => thread.threadNumber === threadNumber && thread.state !== 'retiring');
  }

  #refill(threadNumber: number, line: number, pauseMs: number): void {
    this.#keepUntil(this.#refillLater(threadNumber, line, pauseMs));
  }

  /** Starts a thread in an empty place. If that fails its own end leads here again. */
  async #refillLater(threadNumber: number, line: number, pauseMs: number): Promise<void> {
    const { signal } = this.#over;
    for (let waitMs = pauseMs; ; waitMs = this.#places[threadNumber]?.died(undefined) ?? 0) {
      await pause(waitMs, signal);
      if (signal.aborted) return this.#lines.giveBack(line);
      try {
        const thread = this.#start(threadNumber, line);
        thread.loaded.then(() => thread.serve()).catch(ignore);
        return;
      } catch {
        // Descriptors are used up: as one that died while it started.
      }
    }
  }
}

const ignore = (): void => {};
