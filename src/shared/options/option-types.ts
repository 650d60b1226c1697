/**
 * The options as users write them and as everyone else reads them. Types only; what is allowed, and
 * the defaults, stand in `option-table.ts`, and a test keeps these sentences equal to the table's.
 */
import type { ResourceLimits } from 'node:worker_threads';
import type { Logger, LoggerOptions } from 'pino';

/**
 * What `new Server(options)` and a config file take. Times are milliseconds, sizes bytes. 0 turns a
 * limit off, except `maxPending`, `gracefulTimeoutMs` and `inlineBodyBytes`, where it means none.
 */
export interface ServerOptions {
  /** The module every thread loads: a path (from the working directory) or a file URL. */
  app: string | URL;
  /** How long a thread may take to load the app. Default 30000 ms. */
  appLoadTimeoutMs?: number;
  /** Address to listen on. Default '127.0.0.1'. */
  host?: string;
  /** Port to listen on; 0 lets the system choose. Default 9292. */
  port?: number;
  /** Unix socket to listen on, instead of host and port. Default none. */
  path?: string;
  /** Connections that the system holds before they are accepted. Default 1024. */
  backlog?: number;
  /** Worker threads; each loads the app. Default: the CPUs this process may use, at least 2. */
  threadCount?: number;
  /** Requests that one thread has begun and not finished, at most. Default 1024. */
  concurrencyPerThread?: number;
  /** Limits of each thread's JavaScript heap and stack, as `node:worker_threads` takes them. Default: a thread's share of the memory that this process may use. */
  resourceLimits?: ResourceLimits;
  /** JavaScript heap of a thread and what it holds outside of it (Buffers); beyond this the thread is replaced without losing a request. Default: 80 % of the thread's share of memory. */
  maxThreadHeapBytes?: number;
  /** A thread that has served so many requests is replaced without losing a request. Default 0 (off). */
  recycleAfterRequests?: number;
  /** Requests that may wait for a thread; more get a 503 at once. auto: as many as the threads complete in `targetWaitMs`; 0: none may wait; Infinity: no limit. Default 'auto'. */
  maxPending?: number | 'auto';
  /** The wait that `maxPending: 'auto'` aims at. Default 500 ms. */
  targetWaitMs?: number;
  /** How long a request may wait for a thread before it gets a 503. Default 0 (off). */
  maxWaitMs?: number;
  /** Open connections; those beyond get a 503 at once and are closed. Default Infinity. */
  maxConnections?: number;
  /** Open connections from one address; those beyond get a 503 at once and are closed. Default 0 (off). */
  maxConnectionsPerIp?: number;
  /** Requests of one connection that may be received and not answered; those beyond get a 503 in their place. Default 0 (off). */
  maxInFlightPerConnection?: number;
  /** Longest pause between two pieces of a request; then 408. Default 30000 ms. */
  readTimeoutMs?: number;
  /** Longest time from the first byte of a request to its last; then 408. Default 60000 ms. */
  maxRequestReadMs?: number;
  /** Longest time in which a client takes nothing of a waiting reply; then its connection is closed. Default 10000 ms. */
  writeTimeoutMs?: number;
  /** Longest time from the start of a handler to the end of its reply; then 504, or a cut where the reply has begun. Default 0 (off). */
  handlerTimeoutMs?: number;
  /** How long a connection may stay idle after a reply. Default 5000 ms. */
  keepAliveTimeoutMs?: number;
  /** How long a stop waits for what runs and waits; 0 cuts at once. Default 30000 ms. */
  gracefulTimeoutMs?: number;
  /** How long a server that stops accepts on and only says that it is not ready, for load balancers to notice. Default 0 (off). */
  lameDuckMs?: number;
  /** Largest request line and headers together; more get 431. 0 stands for 1 MiB, the most there is. Default 16384 bytes. */
  maxHeaderBytes?: number;
  /** Largest request body; more gets 413. Default 16777216 bytes. */
  maxBodyBytes?: number;
  /** Bodies up to this size are read before a thread is involved; 0 hands every body to a thread unread. Default 65536 bytes. */
  inlineBodyBytes?: number;
  /** A pino logger, or options for one; `logFormat` does not apply to it. Default: one made from `logLevel` and `logFormat`. */
  logger?: Logger | LoggerOptions;
  /** Least important level that is logged. Default 'info'. */
  logLevel?: LogLevel;
  /** How log lines look; auto is text on a terminal or outside production, else json. Default 'auto'. */
  logFormat?: LogFormat;
  /** For configurations of the Ruby server: Node has no io_uring sockets. Default 'off'. */
  ioUring?: 'off' | 'auto';
  /** For configurations of the Ruby server: Node has no io_uring sockets. Default 'off'. */
  ioUringHotpath?: 'off' | 'auto';
  /** For configurations of the Ruby server: Node has no TLS in the kernel. Default 'off'. */
  tlsKtls?: 'off' | 'auto';
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type LogFormat = 'auto' | 'json' | 'text';

/** The options after defaults and checks: complete, frozen. Limits that are off are 0, `maxPending` is Infinity then. */
export interface ResolvedOptions {
  /** File URL. */
  readonly app: string;
  readonly appLoadTimeoutMs: number;
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly backlog: number;
  readonly threadCount: number;
  readonly concurrencyPerThread: number;
  readonly resourceLimits: Readonly<ResourceLimits>;
  readonly maxThreadHeapBytes: number;
  readonly recycleAfterRequests: number;
  readonly maxPending: number | 'auto';
  readonly targetWaitMs: number;
  readonly maxWaitMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxInFlightPerConnection: number;
  readonly readTimeoutMs: number;
  readonly maxRequestReadMs: number;
  readonly writeTimeoutMs: number;
  readonly handlerTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly gracefulTimeoutMs: number;
  readonly lameDuckMs: number;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  readonly inlineBodyBytes: number;
  readonly logger: Logger | LoggerOptions | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly ioUring: 'off';
  readonly ioUringHotpath: 'off';
  readonly tlsKtls: 'off';
}

/** What a thread gets: everything that can be cloned. */
export type ThreadOptions = Omit<ResolvedOptions, 'logger'>;

export type OptionName = keyof ResolvedOptions;
