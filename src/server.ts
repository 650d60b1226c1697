/**
 * The server: options in, a running server out. Wires the parts together (shared memory, threads,
 * acceptor) and takes them through start and stop. Main thread.
 */
import type net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Acceptor } from './acceptor/acceptor.ts';
import { DescriptorGuard } from './acceptor/listening/descriptor-guard.ts';
import type { Incoming } from './acceptor/listening/incoming.ts';
import { type Libc, loadLibc } from './acceptor/libc.ts';
import { Listener } from './acceptor/listening/listener.ts';
import type { Logger } from './logger.ts';
import { checkPlatform } from './platform.ts';
import type { ThreadPool } from './pool/thread-pool.ts';
import { createStats, type ServerStats } from './server-stats.ts';
import { drainAndClose, LastConnection, type StopReport } from './server-stop.ts';
import { Cells } from './shared/memory/cells.ts';
import { createError } from './shared/errors/errors.ts';
import { computeLayout } from './shared/memory/layout.ts';
import type { LogFields, LogLevel } from './shared/messages.ts';
import {
  type ResolvedOptions,
  resolveOptions,
  type ServerOptions,
  type ThreadOptions,
} from './shared/options/options.ts';
import { ThreadEvents } from './thread-events.ts';

export interface StopOptions {
  /** How long to wait for what waits and runs. Milliseconds; 0 cuts at once. Default: the `gracefulTimeoutMs` option. */
  gracefulTimeoutMs?: number;
}

type State = 'new' | 'binding' | 'listening' | 'starting' | 'started' | 'stopping' | 'stopped';

export class Server {
  readonly #options: ResolvedOptions;
  #logger: Logger | undefined;
  readonly #libc: Libc;
  readonly #memory: Cells;
  readonly #acceptor: Acceptor;
  readonly #acceptorBell: number;
  readonly #threadEvents: ThreadEvents;
  readonly #parts: Pick<ThreadPartsCommon, 'buffer' | 'layout'>;
  #state: State = 'new';
  #listener: Listener | undefined;
  #guard: DescriptorGuard | undefined;
  readonly #log = (level: LogLevel, fields: LogFields, message: string): void => this.#logger?.[level](fields, message);
  #pool: ThreadPool | undefined;
  #stopped: Promise<StopReport> | undefined;
  readonly #lastConnection = new LastConnection(() => this.#acceptor.connections.table.size);
  #resolveClosed: () => void = () => {};
  #served: { accepted: boolean; whenOver: () => void } | undefined;
  /** Resolves when the server has stopped, whoever stopped it. */
  readonly closed: Promise<void>;

  /**
   * Checks the options and this platform; binds nothing and starts no thread.
   * @throws {OptionError} for a wrong, unknown or missing option
   * @throws {PlatformError} where it can't run
   */
  constructor(options: ServerOptions) {
    checkPlatform();
    this.#options = resolveOptions(options);
    this.#libc = loadLibc();
    const layout = computeLayout(this.#options);
    const buffer = new SharedArrayBuffer(layout.totalBytes);
    this.#memory = new Cells(buffer);
    this.#parts = { buffer, layout };
    const [bellReadEnd, bell] = this.#libc.createPipe();
    this.#acceptorBell = bell;
    const events = new ThreadEvents({
      memory: this.#memory,
      layout,
      libc: this.#libc,
      acceptor: () => this.#acceptor,
      pool: () => this.#pool,
      log: this.#log,
    });
    this.#threadEvents = events;
    this.#acceptor = new Acceptor({
      memory: this.#memory,
      layout,
      buffer,
      libc: this.#libc,
      options: this.#options,
      tell: (line, message) => this.#pool?.tell(line, message),
      bellDescriptor: bellReadEnd,
      idleTimes: () => this.#pool?.idleTimes() ?? [],
      log: this.#log,
      whenOver: () => this.#whenConnectionOver(),
      whenLate: (request) => events.whenLate(request),
      whenWornOut: (line, abandoned) => events.whenWornOut(line, abandoned),
      whenHeld: (line, heldMs, route) => events.whenHeld(line, heldMs, route),
    });
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  /** Where it listens: as `net.Server.address()`; null before `listen()`. */
  address(): net.AddressInfo | string | null {
    return this.#listener?.address ?? null;
  }

  /**
   * Binds: the port is known then, and taken. Connections are held until `start()`.
   * @throws {ListenError} when the address can't be had
   */
  async listen(): Promise<this> {
    return this.#listen('listen', () => Listener.bind(this.#options, this.#options.backlog));
  }

  /** Takes over a listener instead of `listen()`: a `net.Server` that listens, or a bound descriptor. */
  async adoptListener(listener: net.Server | number): Promise<this> {
    return this.#listen('adoptListener', () => Listener.adopt(listener));
  }

  /**
   * Listens unless it does, loads the app in all threads, and accepts. Resolves then.
   * @throws the app's own error if it can't be loaded; the server is stopped then
   */
  async start(): Promise<this> {
    await this.#load('start');
    this.#listener?.accept((incoming) => this.#acceptor.accept(incoming));
    return this;
  }

  /**
   * Serves one connection: listens and starts the threads if needed, accepts the first connection,
   * stops listening, and resolves when that connection has closed. The threads stay until `stop()`,
   * which also ends the waiting for a connection that has not come.
   */
  async serveOne(): Promise<void> {
    await this.#load('serveOne');
    await new Promise<void>((resolve) => {
      this.#served = { accepted: false, whenOver: resolve };
      this.#listener?.accept((incoming) => this.#acceptOnly(incoming));
    });
  }

  /**
   * Stops: for `lameDuckMs` only says that it is not ready (`stats().ready`); then accepts no more,
   * serves what waits and runs with `connection: close`, and resolves when all is done, at the latest
   * after `gracefulTimeoutMs`: what still waits gets a 503 then, the rest is cut. Calling it again
   * gives the same promise.
   */
  stop({ gracefulTimeoutMs = this.#options.gracefulTimeoutMs }: StopOptions = {}): Promise<StopReport> {
    this.#stopped ??= this.#stop(gracefulTimeoutMs);
    return this.#stopped;
  }

  /**
   * Loads the app anew: new threads load it, then they take all requests, and the old ones finish those
   * that they have. Connections and what waits are not touched. Resolves when the new threads serve.
   * While a reload is under way one more follows it, however often it was asked for.
   * @throws the app's own error if it can't be loaded; the old threads serve on then
   */
  async reload(): Promise<void> {
    this.#expect('reload', 'started');
    const begin = performance.now();
    try {
      await this.#pool?.reload();
    } catch (error) {
      throw toStartError(error, this.#options.app);
    }
    this.#logger?.info({ ms: Math.round(performance.now() - begin) }, 'the app has been loaded anew');
  }

  /** Counters and gauges, read from shared memory: asks no thread anything. */
  stats(): ServerStats {
    return createStats(
      this.#memory,
      this.#parts.layout,
      this.#acceptor,
      this.#pool?.threads ?? [],
      this.#is('started'),
    );
  }

  async #listen(method: string, open: () => Promise<Listener>): Promise<this> {
    this.#expect(method, 'new');
    this.#state = 'binding';
    let listener;
    try {
      listener = await open();
    } catch (error) {
      if (this.#is('binding')) this.#state = 'new';
      throw error;
    }
    if (!this.#is('binding')) {
      await listener.close();
      this.#expect(method, 'binding');
    }
    this.#listener = listener;
    const { connections } = this.#acceptor;
    this.#guard = new DescriptorGuard({ libc: this.#libc, listener, connections, log: this.#log });
    this.#state = 'listening';
    return this;
  }

  async #load(method: string): Promise<void> {
    if (this.#state === 'new') await this.listen();
    this.#expect(method, 'listening');
    this.#state = 'starting';
    const pool = await this.#createPool();
    // Whoever stops the server in between must find the threads, or there must be none.
    this.#expect(method, 'starting');
    this.#pool = pool;
    try {
      await pool.start();
    } catch (error) {
      const wasStopped = !this.#is('starting');
      await this.stop({ gracefulTimeoutMs: 0 });
      if (wasStopped) this.#expect(method, 'starting');
      throw toStartError(error, this.#options.app);
    }
    this.#expect(method, 'starting');
    this.#state = 'started';
  }

  async #createPool(): Promise<ThreadPool> {
    // Only here: an app imports this package for `defineApp`, in every thread, and needs neither.
    const [logger, pool] = await Promise.all([import('./logger.ts'), import('./pool/thread-pool.ts')]);
    this.#logger = logger.createLogger(this.#options);
    const { logger: _, ...options } = this.#options;
    const address = this.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new pool.ThreadPool({
      options,
      threadUrl: new URL(THREAD_FILE, import.meta.url),
      lineCount: this.#parts.layout.lineCount,
      common: { ...this.#parts, acceptorBellDescriptor: this.#acceptorBell, options, port },
      createBell: () => this.#libc.createPipe(),
      onReady: (line, bell) => this.#acceptor.bells.add(line, bell),
      onRetire: (line) => this.#acceptor.bells.retire(line),
      onExit: (line, bell, exit) => this.#threadEvents.whenExited(line, bell, exit),
      onMessage: (line, message) => this.#threadEvents.whenTold(line, message),
      log: this.#log,
    });
  }

  #acceptOnly(incoming: Incoming): void {
    const served = this.#served;
    if (served === undefined || served.accepted) {
      incoming.close();
      return;
    }
    served.accepted = true;
    this.#acceptor.accept(incoming);
    void this.#listener?.close();
  }

  #whenConnectionOver(): void {
    this.#lastConnection.connectionOver();
    if (this.#acceptor.connections.table.size === 0 && this.#served?.accepted === true) this.#served.whenOver();
  }

  async #stop(gracefulTimeoutMs: number): Promise<StopReport> {
    const { lameDuckMs } = this.#options;
    const isLameDuck = this.#is('started') && gracefulTimeoutMs > 0 && lameDuckMs > 0;
    this.#state = 'stopping';
    await Promise.resolve();
    if (isLameDuck) await pause(lameDuckMs);
    const report = await drainAndClose(
      {
        acceptor: this.#acceptor,
        pool: this.#pool,
        lastConnection: this.#lastConnection,
        stats: () => this.stats(),
        closeListener: () => {
          this.#guard?.close();
          return this.#listener?.close();
        },
      },
      gracefulTimeoutMs,
    );
    this.#libc.close(this.#acceptorBell);
    this.#state = 'stopped';
    this.#served?.whenOver();
    this.#resolveClosed();
    return report;
  }

  /** A question, so that the compiler does not think it knows what others may have changed meanwhile. */
  #is(state: State): boolean {
    return this.#state === state;
  }

  #expect(method: string, state: State): void {
    if (!this.#is(state)) throw createError('SERVER_WRONG_STATE', { method, state: DESCRIPTIONS[this.#state] });
  }

  /** For tests: ends a thread wherever it is. */
  static terminateThread(server: Server, threadNumber: number): void {
    server.#pool?.terminate(threadNumber);
  }
}

interface ThreadPartsCommon {
  readonly buffer: SharedArrayBuffer;
  readonly layout: ReturnType<typeof computeLayout>;
  readonly options: ThreadOptions;
}

/** Compiled beside this file; under Node's type stripping the source itself. */
const THREAD_FILE = import.meta.url.endsWith('.ts')
  ? './app-adapter/thread-entry.cts'
  : './app-adapter/thread-entry.cjs';

const DESCRIPTIONS: Record<State, string> = {
  new: 'does not listen yet',
  binding: 'listens already',
  listening: 'listens already',
  starting: 'starts already',
  started: 'has started',
  stopping: 'stops',
  stopped: 'has stopped',
};

/** A thread that ends while it loads the app says little: say what happened to the app. */
function toStartError(error: unknown, app: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return createError('APP_OUT_OF_MEMORY', { path: app });
  const exitCode = /^worker exited with code: (\d+)$/.exec(error.message)?.[1];
  return exitCode === undefined ? error : createError('APP_EXITED', { path: app, exitCode: Number(exitCode) });
}
