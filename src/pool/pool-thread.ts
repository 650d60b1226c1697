/**
 * One thread as the main thread has it, from its start to its exit: what it is told, what it tells,
 * and how it is brought to its end. The generation that it belongs to decides when. Main thread.
 */
import { once } from 'node:events';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { createError } from '../shared/errors/errors.ts';
import type { FromThread, OverLimit, ThreadStart, ToThread } from '../shared/messages.ts';
import { reviveError } from '../shared/errors/plain-error.ts';
import type { RetireReason, ThreadPoolParts, ThreadState } from './pool-parts.ts';
import type { ThreadExits } from './thread-exits.ts';

/** The thread's own word on a slow app says more, so it gets this long to say it. */
const LOAD_GRACE_MS = 1000;
/** How long a thread may take to close its app. */
export const CLOSE_APP_MS = 2000;

export interface PoolThreadParts {
  readonly pool: ThreadPoolParts;
  readonly piscina: Piscina;
  readonly exits: ThreadExits;
  readonly onOverLimit: (thread: PoolThread, limit: OverLimit) => void;
}

/** How a thread ended. */
export interface ThreadEnd {
  /** What it failed with; undefined if it was told to end, and did. */
  readonly error: unknown;
  /** Milliseconds since its app was loaded; undefined if it never was. */
  readonly livedMs: number | undefined;
}

export class PoolThread {
  readonly threadNumber: number;
  readonly line: number;
  readonly generation: number;
  state: ThreadState = 'starting';
  threadId: number | undefined;
  retired: RetireReason | undefined;
  /** Both ends of its bell. */
  readonly bell: { readonly readEnd: number; readonly writeEnd: number };
  /** Resolves when its app is loaded; rejects with what it failed with. */
  readonly loaded: Promise<void>;
  /** When it began to take requests, by `performance.now()`; undefined: never. */
  servesSince: number | undefined;
  /** Resolves when nothing of it runs any more. */
  readonly ended: Promise<ThreadEnd>;
  readonly #parts: PoolThreadParts;
  readonly #messages: MessagePort;
  #loadError: unknown;
  #loadedAt: number | undefined;
  #hasClosed = false;
  /** Nothing more comes of it. */
  #isOver = false;
  #loadTimer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
  #whenLoaded: () => void = () => {};
  #whenServing: () => void = () => {};

  /** Throws when there is no descriptor for its bell. */
  constructor(parts: PoolThreadParts, threadNumber: number, line: number, generation: number) {
    this.#parts = parts;
    this.threadNumber = threadNumber;
    this.line = line;
    this.generation = generation;
    const [readEnd, writeEnd] = parts.pool.createBell();
    this.bell = { readEnd, writeEnd };
    const { port1, port2 } = new MessageChannel();
    this.#messages = port1;
    port1.on('message', (message: FromThread) => this.#hear(message));
    this.ended = this.#live(port2);
    this.loaded = new Promise((resolve, reject) => {
      this.#whenLoaded = resolve;
      void this.ended.then(({ error }) => reject(error as Error));
    });
    // Whoever waits for it hears of it; nobody has to.
    this.loaded.catch(() => {});
  }

  tell(message: ToThread): void {
    this.#messages.postMessage(message);
  }

  /** Its app is loaded: it takes requests from now on. Resolves when it does, or has ended instead. */
  async serve(): Promise<void> {
    if (this.state !== 'loaded') return;
    const isServing = new Promise<void>((resolve) => (this.#whenServing = resolve));
    this.tell({ type: 'serve' });
    await Promise.race([isServing, this.ended]);
  }

  /**
   * It takes no more requests and ends when those that it has are done. After `limitMs` it is told to
   * close its app and end whatever still runs.
   */
  retire(reason: RetireReason, limitMs: number): void {
    // One that has ended meanwhile would leave a timer behind.
    if (this.state === 'retiring' || this.#isOver) return;
    const isLoaded = this.state !== 'starting';
    this.retired = reason;
    this.state = 'retiring';
    this.#parts.pool.onRetire(this.line);
    if (!isLoaded || limitMs === 0) return this.close();
    this.tell({ type: 'retire' });
    this.#endTimer = setTimeout(() => this.close(), limitMs);
  }

  /** It closes its app and ends, whatever runs; a thread that still loads its app does so first. */
  close(): void {
    this.tell({ type: 'stop' });
    if (this.#loadedAt !== undefined) this.#terminateSoon();
  }

  /** For how many milliseconds its event loop has waited for events, since it began. */
  get idleMs(): number {
    return this.#worker?.performance.eventLoopUtilization().idle ?? 0;
  }

  /** Ends it at once, wherever it is. */
  terminate(): void {
    if (this.threadId !== undefined) this.#parts.exits.terminate(this.threadId);
  }

  #hear(message: FromThread): void {
    const { pool, onOverLimit } = this.#parts;
    switch (message.type) {
      case 'started':
        this.threadId = message.threadId;
        this.#parts.exits.watch(this.#parts.piscina.threads);
        this.#worker = this.#parts.piscina.threads.find(({ threadId }) => threadId === message.threadId);
        this.#watchLoad();
        return;
      case 'load-failed':
        this.#loadError = reviveError(message.error);
        return;
      case 'loaded':
        clearTimeout(this.#loadTimer);
        this.#loadedAt = performance.now();
        if (this.state === 'starting') this.state = 'loaded';
        // It was told to close meanwhile, and hears of it only now.
        else this.#terminateSoon();
        this.#whenLoaded();
        return;
      case 'ready':
        // It may have been told to retire since it was told to serve.
        if (this.state === 'loaded') {
          this.state = 'serving';
          this.servesSince = performance.now();
          pool.onReady(this.line, this.bell.writeEnd);
        }
        this.#whenServing();
        return;
      case 'over-limit':
        onOverLimit(this, message);
        return;
      case 'closing':
        // All that it had is done, though its time may not be over.
        this.#terminateSoon();
        return;
      case 'closed':
        this.#hasClosed = true;
        return;
      default:
        pool.onMessage(this.line, message);
    }
  }

  async #live(messages: MessagePort): Promise<ThreadEnd> {
    const { pool, piscina, exits } = this.#parts;
    const closed = once(this.#messages, 'close');
    const { line, threadNumber } = this;
    const bellDescriptor = this.bell.readEnd;
    const start: ThreadStart & { messages: MessagePort } = {
      ...pool.common,
      line,
      threadNumber,
      bellDescriptor,
      messages,
    };
    // It never resolves: piscina would give the thread, with all that the app has left in it, another task.
    const task: Promise<void> = piscina.run(start, { transferList: [messages] });
    exits.watch(piscina.threads);
    let error: unknown;
    // Nothing is left to close it if piscina has never handed it to a thread.
    task.catch(() => messages.close());
    // All that it has sent is here then, its id too.
    await closed;
    this.#isOver = true;
    clearTimeout(this.#loadTimer);
    clearTimeout(this.#endTimer);
    // One that failed to load its app, or has closed it, still runs. All others end by themselves.
    if (this.#loadError !== undefined || this.#hasClosed) this.terminate();
    if (this.threadId !== undefined) await exits.wait(this.threadId);
    // Why it ended is piscina's to say, which may be later; not for one that we have ended.
    if (!this.#hasClosed && this.#loadError === undefined) await task.catch((reason: unknown) => (error = reason));
    exits.watch(piscina.threads);
    const livedMs = this.#loadedAt === undefined ? undefined : performance.now() - this.#loadedAt;
    return { error: this.#loadError ?? (this.#hasClosed ? undefined : error), livedMs };
  }

  /** An app that never leaves its thread's event loop cannot be timed by the thread itself. */
  #watchLoad(): void {
    const { app, appLoadTimeoutMs } = this.#parts.pool.options;
    if (appLoadTimeoutMs === 0) return;
    this.#loadTimer = setTimeout(() => {
      this.#loadError = createError('APP_LOAD_TIMEOUT', { path: app, timeoutMs: appLoadTimeoutMs });
      this.terminate();
    }, appLoadTimeoutMs + LOAD_GRACE_MS);
  }

  #terminateSoon(): void {
    if (this.#isOver) return;
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.terminate(), CLOSE_APP_MS);
  }
}
