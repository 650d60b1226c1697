/**
 * The threads. piscina owns them; each runs one task that ends only with the thread, or with the
 * server. Gives each thread its line and its bell, waits until its app is loaded, replaces it when
 * it dies, and tells the server of both. Main thread.
 */
import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { FromThread, ThreadStart, ToThread } from '../shared/messages.ts';
import { createError } from '../shared/errors.ts';
import { reviveError } from '../shared/plain-error.ts';
import type { ThreadOptions } from '../shared/options.ts';
import { afterDeath, NEW_PLACE, type PlaceHistory, restartPauseMs } from './restart-policy.ts';
import { ThreadExits } from './thread-exits.ts';
import { withThreadFlags } from './thread-flags.ts';

/** The thread's own word on a slow app says more, so it gets this long to say it. */
const LOAD_GRACE_MS = 1000;

export interface ThreadPoolParts {
  readonly options: ThreadOptions;
  /** The module that runs in each thread. */
  readonly threadUrl: URL;
  /** Lines that can be given out: 1 to this. */
  readonly lineCount: number;
  /** What all threads are started with. */
  readonly common: Pick<ThreadStart, 'buffer' | 'layout' | 'acceptorBellDescriptor' | 'options' | 'port'>;
  /** A bell of its own for each thread: [read end, write end]. The thread owns the read end. */
  readonly createBell: () => [number, number];
  /** The thread takes requests from now on. Gets the write end of its bell. */
  readonly onReady: (line: number, bell: number) => void;
  /** The thread has exited: nothing of it writes any more. Called also for one that never was ready. */
  readonly onExit: (line: number, bell: ThreadBell, exit: ThreadExit) => void;
  readonly onMessage: (line: number, message: FromThread) => void;
}

/** Both ends of a dead thread's bell. The read end was closed with the thread, if it got as far as adopting it. */
export interface ThreadBell {
  readonly readEnd: number;
  readonly writeEnd: number;
}

export interface ThreadExit {
  readonly threadNumber: number;
  readonly threadId: number | undefined;
  /** Why it ended, if not because it was told to. */
  readonly error: unknown;
  /** Whether its app had been loaded. */
  readonly wasReady: boolean;
  /** How long its place stays empty; undefined: it is not replaced. */
  readonly restartPauseMs: number | undefined;
}

interface RunningThread {
  readonly threadNumber: number;
  readonly line: number;
  readonly messages: MessagePort;
  readonly bell: number;
  threadId: number | undefined;
  isReady: boolean;
}

export class ThreadPool {
  readonly #parts: ThreadPoolParts;
  readonly #piscina: Piscina;
  readonly #exits = new ThreadExits();
  /** By line. */
  readonly #threads = new Map<number, RunningThread>();
  /** By threadNumber. */
  readonly #histories: PlaceHistory[];
  readonly #lives = new Set<Promise<void>>();
  #isStopping = false;
  #wake: AbortController = new AbortController();

  constructor(parts: ThreadPoolParts) {
    this.#parts = parts;
    const { threadCount, resourceLimits } = parts.options;
    this.#histories = Array.from({ length: threadCount }, () => NEW_PLACE);
    const piscinaOptions = {
      filename: parts.threadUrl.href,
      minThreads: threadCount,
      // One more: a replacement may start before the one it replaces has gone.
      maxThreads: threadCount + 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Its default blocks the thread in Atomics.wait, away from its event loop.
      atomics: 'disabled',
      resourceLimits: { ...resourceLimits },
    } as const;
    this.#piscina = withThreadFlags((flags) => new Piscina({ ...piscinaOptions, ...flags }));
    // Without a task to blame; the thread's exit is seen by its place.
    this.#piscina.on('error', ignore);
  }

  /** Starts all threads. Rejects with the error of the first app that did not load. */
  async start(): Promise<void> {
    const { threadCount } = this.#parts.options;
    await Promise.all(Array.from({ length: threadCount }, (_, threadNumber) => this.#startThread(threadNumber)));
  }

  get threads(): Iterable<Readonly<RunningThread>> {
    return this.#threads.values();
  }

  /** For how long each ready thread's event loop has waited for events, in milliseconds since it began. */
  idleTimes(): readonly (readonly [line: number, idleMs: number])[] {
    const workers = new Map(this.#piscina.threads.map((worker) => [worker.threadId, worker]));
    return [...this.#threads.values()].flatMap(({ line, threadId, isReady }) => {
      const worker = isReady ? workers.get(threadId ?? -1) : undefined;
      return worker === undefined ? [] : [[line, worker.performance.eventLoopUtilization().idle] as const];
    });
  }

  tell(line: number, message: ToThread): void {
    this.#threads.get(line)?.messages.postMessage(message);
  }

  tellAll(message: ToThread): void {
    for (const { messages } of this.#threads.values()) messages.postMessage(message);
  }

  /** Ends a thread at once, wherever it is. It is replaced as one that died. */
  terminate(threadNumber: number): void {
    for (const thread of this.#threads.values()) {
      if (thread.threadNumber === threadNumber && thread.threadId !== undefined) this.#exits.terminate(thread.threadId);
    }
  }

  /** Lets each thread close its app, for at most `timeoutMs`, then ends them all. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    this.#wake.abort();
    this.tellAll({ type: 'stop' });
    const overtime = new AbortController();
    await Promise.race([Promise.all(this.#lives), pause(timeoutMs, overtime.signal)]);
    overtime.abort();
    await this.#piscina.destroy();
    await Promise.all(this.#lives);
  }

  /** Resolves when the thread is ready. Afterwards its life goes on by itself. */
  #startThread(threadNumber: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const life = this.#live(threadNumber, resolve).then(
        (error) => reject(error),
        (error: unknown) => reject(error),
      );
      this.#lives.add(life);
      void life.finally(() => this.#lives.delete(life));
    });
  }

  /** One thread from its start to its exit. Gives what it ended with. */
  async #live(threadNumber: number, whenReady: () => void): Promise<unknown> {
    const { createBell, common, onReady, onExit, onMessage } = this.#parts;
    const line = this.#freeLine();
    let bellEnds;
    try {
      bellEnds = createBell();
    } catch (error) {
      // Descriptors are used up: as one that died while it started.
      const pauseMs = this.#noteDeath(threadNumber, undefined);
      if (pauseMs !== undefined && this.#hasStarted) void this.#replace(threadNumber, pauseMs);
      return error;
    }
    const [bellReadEnd, bell] = bellEnds;
    const { port1: messages, port2 } = new MessageChannel();
    const thread: RunningThread = { threadNumber, line, messages, bell, threadId: undefined, isReady: false };
    this.#threads.set(line, thread);
    messages.on('message', (message: FromThread) => {
      if (message.type === 'started') {
        thread.threadId = message.threadId;
        loadTimer = this.#watchLoad(message.threadId, (reason) => (loadError = reason));
      } else if (message.type === 'load-failed') loadError = reviveError(message.error);
      else if (message.type === 'ready') {
        thread.isReady = true;
        readyAt = performance.now();
        clearTimeout(loadTimer);
        onReady(line, bell);
        whenReady();
      } else onMessage(line, message);
    });
    let loadError: unknown;
    let readyAt: number | undefined;
    let loadTimer: NodeJS.Timeout | undefined;
    const closed = once(messages, 'close');
    const start: ThreadStart & { messages: MessagePort } = {
      ...common,
      line,
      threadNumber,
      bellDescriptor: bellReadEnd,
      messages: port2,
    };
    const task = this.#piscina.run(start, { transferList: [port2] });
    this.#exits.watch(this.#piscina.threads);
    let error: unknown;
    try {
      await task;
    } catch (reason) {
      error = reason;
    }
    // All that it has sent is here then, its id too.
    await closed;
    clearTimeout(loadTimer);
    if (thread.threadId !== undefined) {
      // An app that failed to load, or was told to close, leaves a thread that still runs. Others end by themselves.
      if (loadError !== undefined || error === undefined) this.#exits.terminate(thread.threadId);
      await this.#exits.wait(thread.threadId);
    }
    error = loadError ?? error;
    this.#exits.watch(this.#piscina.threads);
    this.#threads.delete(line);
    const livedMs = readyAt === undefined ? undefined : performance.now() - readyAt;
    const pauseMs = this.#noteDeath(threadNumber, livedMs);
    const { threadId, isReady: wasReady } = thread;
    onExit(
      line,
      { readEnd: bellReadEnd, writeEnd: bell },
      { threadNumber, threadId, error, wasReady, restartPauseMs: pauseMs },
    );
    if (pauseMs !== undefined && this.#hasStarted) void this.#replace(threadNumber, pauseMs);
    return error;
  }

  /** Gives how long the place stays empty; undefined: for ever. */
  #noteDeath(threadNumber: number, livedMs: number | undefined): number | undefined {
    const history = afterDeath(this.#histories[threadNumber] ?? NEW_PLACE, livedMs);
    this.#histories[threadNumber] = history;
    return this.#isStopping ? undefined : restartPauseMs(history);
  }

  /** An app that never leaves its thread's event loop cannot be timed by the thread itself. */
  #watchLoad(threadId: number, whenTooLong: (error: Error) => void): NodeJS.Timeout | undefined {
    const { app, appLoadTimeoutMs } = this.#parts.options;
    if (appLoadTimeoutMs === 0) return undefined;
    return setTimeout(() => {
      whenTooLong(createError('APP_LOAD_TIMEOUT', { path: app, timeoutMs: appLoadTimeoutMs }));
      this.#exits.terminate(threadId);
    }, appLoadTimeoutMs + LOAD_GRACE_MS);
  }

  #hasStarted = false;

  /** From now on a thread that ends is replaced, and one that has ended since it was ready. */
  superviseFromNow(): void {
    this.#hasStarted = true;
    const alive = new Set([...this.#threads.values()].map(({ threadNumber }) => threadNumber));
    for (const threadNumber of this.#histories.keys()) {
      if (!alive.has(threadNumber)) void this.#replace(threadNumber, 0);
    }
  }

  async #replace(threadNumber: number, pauseMs: number): Promise<void> {
    await pause(pauseMs, this.#wake.signal);
    if (this.#isStopping) return;
    // A failed start comes back here through its own life's end.
    await this.#startThread(threadNumber).catch(ignore);
  }

  /** The line must not be one of a thread that has not exited: its late writes would meet a new owner's. */
  #freeLine(): number {
    for (let line = 1; line <= this.#parts.lineCount; line += 1) if (!this.#threads.has(line)) return line;
    throw new Error('There are more threads than lines.');
  }
}

const ignore = (): void => {};

/** A pause that ends early, without an error, when the signal aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
