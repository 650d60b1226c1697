/**
 * The threads, for the server: one generation of them serves, older ones finish what they have, and
 * at most one newer one loads the app. Main thread.
 */
import { availableParallelism } from 'node:os';
import { createError } from '../shared/errors/errors.ts';
import type { LogFields, ToThread } from '../shared/messages.ts';
import { Generation } from './generation.ts';
import { pause } from './pause.ts';
import type { RetireReason, ThreadPoolParts } from './pool-parts.ts';
import type { PoolThread } from './pool-thread.ts';
import { ThreadLines } from './thread-lines.ts';

export type { RetireReason, ThreadBell, ThreadExit, ThreadPoolParts } from './pool-parts.ts';

/** How long a stop waits for threads that were terminated: one in native code ends only when that returns. */
const TERMINATE_MS = 2000;

/** Of a reload: threads that load the app leave half of the cores to those that serve. */
const RELOADS_AT_ONCE = Math.max(1, Math.floor(availableParallelism() / 2));

export class ThreadPool {
  readonly #parts: ThreadPoolParts;
  readonly #lines: ThreadLines;
  readonly #generations = new Set<Generation>();
  readonly #stopping = new AbortController();
  #current: Generation;
  #generationCount = 0;
  #reload: Promise<void> | undefined;
  #nextReload: Promise<void> | undefined;

  constructor(parts: ThreadPoolParts) {
    this.#parts = parts;
    this.#lines = new ThreadLines(parts.lineCount);
    this.#current = this.#createGeneration(parts.options.threadCount);
  }

  get threads(): Iterable<Readonly<PoolThread>> {
    return this.#all();
  }

  #all(): PoolThread[] {
    return [...this.#generations].flatMap((generation) => [...generation.threads]);
  }

  /** For how many milliseconds the event loop of each serving thread has waited for events, since it began. */
  idleTimes(): Iterable<readonly [line: number, idleMs: number]> {
    return [...this.threads].filter(({ state }) => state === 'serving').map(({ line, idleMs }) => [line, idleMs]);
  }

  /** Starts all threads; resolves when they serve. Rejects with the error of the first app that did not load. */
  async start(): Promise<void> {
    await this.#current.load(await this.#lines.take(this.#parts.options.threadCount));
    await this.#current.serve();
  }

  /**
   * Loads the app anew in new threads; when all have loaded it they serve, and the old ones finish what
   * they have. Rejects with the error of the first that failed; the old ones serve on then. While a
   * reload is under way one more follows it, however often it was asked for.
   */
  reload(): Promise<void> {
    if (this.#reload === undefined) {
      this.#reload = this.#reloadNow().finally(() => (this.#reload = undefined));
      return this.#reload;
    }
    this.#nextReload ??= this.#reload.catch(ignore).then(() => {
      this.#nextReload = undefined;
      return this.reload();
    });
    return this.#nextReload;
  }

  /** Replaces a thread; it serves until its replacement does. False if it cannot be now. `fields` are for the log. */
  recycle(threadNumber: number, reason: RetireReason, fields: LogFields = {}): boolean {
    return this.#current.recycle(threadNumber, reason, fields);
  }

  tell(line: number, message: ToThread): void {
    for (const thread of this.#all()) if (thread.line === line) thread.tell(message);
  }

  tellAll(message: ToThread): void {
    for (const thread of this.#all()) thread.tell(message);
  }

  /** Ends the thread that serves in this place at once, wherever it is. It is replaced as one that died. */
  terminate(threadNumber: number): void {
    for (const thread of this.#current.threads) if (thread.threadNumber === threadNumber) thread.terminate();
  }

  /** The same for the thread that has the line, which may be one that is retiring. */
  terminateLine(line: number): void {
    for (const thread of this.#all()) if (thread.line === line) thread.terminate();
  }

  /**
   * Lets each thread close its app, for at most `timeoutMs`, then ends them all. Gives how many did not
   * close in time.
   */
  async stop(timeoutMs: number): Promise<number> {
    this.#stopping.abort();
    const generations = [...this.#generations];
    for (const generation of generations) generation.close();
    const isClosed = Promise.all(generations.map((generation) => generation.ended()));
    await within(timeoutMs, isClosed);
    const left = this.#all().length;
    await within(TERMINATE_MS, Promise.all(generations.map((generation) => generation.destroy())));
    return left;
  }

  async #reloadNow(): Promise<void> {
    const lines = await this.#unlessStopped(this.#lines.take(this.#parts.options.threadCount));
    const next = this.#createGeneration(RELOADS_AT_ONCE);
    try {
      await this.#unlessStopped(next.load(lines));
      await next.serve();
    } catch (error) {
      this.#retire(next, 0);
      throw error;
    }
    const old = this.#current;
    this.#current = next;
    this.#retire(old, this.#parts.options.gracefulTimeoutMs);
  }

  #createGeneration(atOnce: number): Generation {
    const generation = new Generation(this.#parts, this.#lines, this.#generationCount, atOnce);
    this.#generationCount += 1;
    this.#generations.add(generation);
    return generation;
  }

  #retire(generation: Generation, limitMs: number): void {
    generation.retire('reload', limitMs);
    void generation
      .ended()
      // Its spare threads too.
      .then(() => generation.destroy())
      .finally(() => this.#generations.delete(generation));
  }

  /** A stop ends the waiting. */
  async #unlessStopped<Result>(whole: Promise<Result>): Promise<Result> {
    const { signal } = this.#stopping;
    // Once it is raced nobody may hear of it any more.
    whole.catch(ignore);
    let stop = ignore;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    signal.addEventListener('abort', stop);
    await Promise.race([stopped, whole]).finally(() => signal.removeEventListener('abort', stop));
    // Also if it has come just before.
    if (signal.aborted) throw createError('SERVER_WRONG_STATE', { method: 'reload', state: 'stops' });
    return whole;
  }
}

const ignore = (): void => {};

/** Waits for it, but not longer. */
async function within(ms: number, whole: Promise<unknown>): Promise<void> {
  const overtime = new AbortController();
  await Promise.race([whole, pause(ms, overtime.signal)]);
  overtime.abort();
}
