/**
 * Every option, once: what it is for, its kind, its default, its flag. Checks, `--help`, the
 * environment variables and `docs/options.md` are all made from this table.
 */
import {
  appModule,
  bytes,
  choice,
  integer,
  logger,
  milliseconds,
  resourceLimits,
  text,
  unavailable,
  wordOr,
  zeroAs,
  type OptionKind,
} from './option-kinds.ts';
import type { OptionName, ResolvedOptions } from './option-types.ts';
import { DEFAULT_THREAD_COUNT, MAX_THREAD_COUNT } from '../machine/thread-count.ts';
import { defaultThreadMemory } from '../machine/thread-memory.ts';

export type OptionGroup =
  | 'App'
  | 'Listening'
  | 'Threads'
  | 'Overload'
  | 'Time limits'
  | 'Size limits'
  | 'Logs'
  | 'Always off';

export interface OptionRow<Value> {
  readonly group: OptionGroup;
  /** A sentence; the same stands in the docstring of `ServerOptions`. */
  readonly meaning: string;
  readonly kind: OptionKind<Exclude<Value, undefined>>;
  /** The value where nothing is given; a row without it is required. */
  readonly default?: Value;
  /** In its place where it depends on this machine and on rows above. */
  readonly defaultFor?: (options: Pick<ResolvedOptions, 'threadCount'>) => Value;
  /** How docs and help say the default, where the value itself does not say it. */
  readonly defaultText?: string;
  /** `--flag` where it is not the name in kebab-case; `false`: no flag and no environment variable. */
  readonly flag?: string | false;
  /** `-s`. */
  readonly short?: string;
}

/** Longest pause between two pieces of a request, if nobody says otherwise. */
export const DEFAULT_READ_TIMEOUT_MS = 30_000;

/** Largest head there can be: a waiting request has its place in shared memory, and such places are few. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Likewise for bodies that wait with their heads. */
const MAX_INLINE_BODY_BYTES = 1024 * 1024;

export const OPTION_TABLE: { readonly [Name in OptionName]: OptionRow<ResolvedOptions[Name]> } = {
  app: {
    group: 'App',
    meaning: 'The module every thread loads: a path (from the working directory) or a file URL.',
    kind: appModule,
    flag: false,
  },
  appLoadTimeoutMs: {
    group: 'App',
    meaning: 'How long a thread may take to load the app.',
    kind: milliseconds(),
    default: 30_000,
  },
  host: {
    group: 'Listening',
    meaning: 'Address to listen on.',
    kind: text('an address or host name', '<host>'),
    default: '127.0.0.1',
  },
  port: {
    group: 'Listening',
    meaning: 'Port to listen on; 0 lets the system choose.',
    kind: integer({ min: 0, max: 65_535 }),
    default: 9292,
    short: 'p',
  },
  path: {
    group: 'Listening',
    meaning: 'Unix socket to listen on, instead of host and port.',
    kind: text('the path of a Unix socket', '<path>'),
    default: undefined,
    defaultText: 'none',
  },
  backlog: {
    group: 'Listening',
    meaning: 'Connections that the system holds before they are accepted.',
    kind: integer({ min: 1, max: 65_535 }),
    default: 1024,
  },
  threadCount: {
    group: 'Threads',
    meaning: 'Worker threads; each loads the app.',
    kind: integer({ min: 1, max: MAX_THREAD_COUNT, note: 'the accepting thread never runs the app' }),
    default: DEFAULT_THREAD_COUNT,
    defaultText: 'the CPUs this process may use, at least 2',
    flag: 'threads',
    short: 't',
  },
  concurrencyPerThread: {
    group: 'Threads',
    meaning: 'Requests that one thread has begun and not finished, at most.',
    // More running requests than this have lost any meaning as a limit, and counters stay in 32 bits.
    kind: integer({ min: 1, max: 65_535 }),
    default: 1024,
  },
  resourceLimits: {
    group: 'Threads',
    meaning: "Limits of each thread's JavaScript heap and stack, as `node:worker_threads` takes them.",
    kind: resourceLimits,
    defaultFor: ({ threadCount }) => defaultThreadMemory(threadCount).resourceLimits,
    defaultText: "a thread's share of the memory that this process may use",
  },
  maxThreadHeapBytes: {
    group: 'Threads',
    meaning:
      'JavaScript heap of a thread and what it holds outside of it (Buffers); beyond this the thread is replaced without losing a request.',
    kind: bytes(Number.MAX_SAFE_INTEGER),
    defaultFor: ({ threadCount }) => defaultThreadMemory(threadCount).maxThreadHeapBytes,
    defaultText: "80 % of the thread's share of memory",
  },
  recycleAfterRequests: {
    group: 'Threads',
    meaning: 'A thread that has served so many requests is replaced without losing a request.',
    // Counted in 32 bits.
    kind: integer({ min: 0, max: 2 ** 31 - 1, note: '0 turns it off' }),
    default: 0,
    defaultText: '0 (off)',
  },
  maxPending: {
    group: 'Overload',
    meaning:
      'Requests that may wait for a thread; more get a 503 at once. auto: as many as the threads complete in `targetWaitMs`; 0: none may wait; Infinity: no limit.',
    kind: wordOr('auto', integer({ min: 0, max: Number.MAX_SAFE_INTEGER, orInfinity: true })),
    default: 'auto',
  },
  targetWaitMs: {
    group: 'Overload',
    meaning: "The wait that `maxPending: 'auto'` aims at.",
    // A wait of nothing is `maxPending: 0`; of more than an hour there is no measure.
    kind: integer({ min: 1, max: 3_600_000, unit: 'ms' }),
    default: 500,
  },
  maxWaitMs: {
    group: 'Overload',
    meaning: 'How long a request may wait for a thread before it gets a 503.',
    kind: milliseconds(),
    default: 0,
    defaultText: '0 (off)',
  },
  maxConnections: {
    group: 'Overload',
    meaning: 'Open connections; those beyond get a 503 at once and are closed.',
    kind: integer({ min: 1, max: Number.MAX_SAFE_INTEGER, orInfinity: true }),
    default: Number.POSITIVE_INFINITY,
  },
  maxConnectionsPerIp: {
    group: 'Overload',
    meaning: 'Open connections from one address; those beyond get a 503 at once and are closed.',
    kind: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, note: '0 turns it off' }),
    default: 0,
    defaultText: '0 (off)',
  },
  maxInFlightPerConnection: {
    group: 'Overload',
    meaning: 'Requests of one connection that may be received and not answered; those beyond get a 503 in their place.',
    kind: integer({ min: 0, max: 65_535, note: '0 turns it off' }),
    default: 0,
    defaultText: '0 (off)',
  },
  readTimeoutMs: {
    group: 'Time limits',
    meaning: 'Longest pause between two pieces of a request; then 408.',
    kind: milliseconds(),
    default: DEFAULT_READ_TIMEOUT_MS,
  },
  maxRequestReadMs: {
    group: 'Time limits',
    meaning: 'Longest time from the first byte of a request to its last; then 408.',
    kind: milliseconds(),
    default: 60_000,
  },
  writeTimeoutMs: {
    group: 'Time limits',
    meaning: 'Longest time in which a client takes nothing of a waiting reply; then its connection is closed.',
    kind: milliseconds(),
    default: 10_000,
  },
  handlerTimeoutMs: {
    group: 'Time limits',
    meaning:
      'Longest time from the start of a handler to the end of its reply; then 504, or a cut where the reply has begun.',
    kind: milliseconds(),
    default: 0,
    defaultText: '0 (off)',
  },
  keepAliveTimeoutMs: {
    group: 'Time limits',
    meaning: 'How long a connection may stay idle after a reply.',
    kind: milliseconds(),
    default: 5_000,
  },
  gracefulTimeoutMs: {
    group: 'Time limits',
    meaning: 'How long a stop waits for what runs and waits; 0 cuts at once.',
    kind: milliseconds('0 cuts at once'),
    default: 30_000,
  },
  lameDuckMs: {
    group: 'Time limits',
    meaning:
      'How long a server that stops accepts on and only says that it is not ready, for load balancers to notice.',
    kind: milliseconds(),
    default: 0,
    defaultText: '0 (off)',
  },
  maxHeaderBytes: {
    group: 'Size limits',
    meaning: 'Largest request line and headers together; more get 431. 0 stands for 1 MiB, the most there is.',
    kind: zeroAs(MAX_HEADER_BYTES, bytes(MAX_HEADER_BYTES, '0 stands for the most')),
    default: 16_384,
  },
  maxBodyBytes: {
    group: 'Size limits',
    meaning: 'Largest request body; more gets 413.',
    kind: bytes(Number.MAX_SAFE_INTEGER),
    default: 16 * 1024 * 1024,
  },
  inlineBodyBytes: {
    group: 'Size limits',
    meaning: 'Bodies up to this size are read before a thread is involved; 0 hands every body to a thread unread.',
    kind: bytes(MAX_INLINE_BODY_BYTES, '0 hands every body to a thread'),
    default: 65_536,
  },
  logger: {
    group: 'Logs',
    meaning: 'A pino logger, or options for one; `logFormat` does not apply to it.',
    kind: logger,
    default: undefined,
    defaultText: 'one made from `logLevel` and `logFormat`',
    flag: false,
  },
  logLevel: {
    group: 'Logs',
    meaning: 'Least important level that is logged.',
    kind: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
  },
  logFormat: {
    group: 'Logs',
    meaning: 'How log lines look; auto is text on a terminal or outside production, else json.',
    kind: choice('auto', 'json', 'text'),
    default: 'auto',
  },
  ioUring: {
    group: 'Always off',
    meaning: 'For configurations of the Ruby server: Node has no io_uring sockets.',
    kind: unavailable('Node has no io_uring sockets'),
    default: 'off',
  },
  ioUringHotpath: {
    group: 'Always off',
    meaning: 'For configurations of the Ruby server: Node has no io_uring sockets.',
    kind: unavailable('Node has no io_uring sockets'),
    default: 'off',
  },
  tlsKtls: {
    group: 'Always off',
    meaning: 'For configurations of the Ruby server: Node has no TLS in the kernel.',
    kind: unavailable('Node has no TLS in the kernel'),
    default: 'off',
  },
};
