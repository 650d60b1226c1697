/**
 * What to say about an option that does not exist: names from the Ruby server, from node:http and
 * from the first guess of a reader, options that are still to come, and near misses.
 */
import { createError, type HyperionError } from '../errors/errors.ts';

/** Names, lower case and without `_` and `-`, of what has another name or cannot be. */
const REPLACEMENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    threads: 'use `threadCount`',
    concurrency: 'use `threadCount` (threads) or `concurrencyPerThread` (requests in one thread)',
    workers: 'there is one process, and `threadCount` says how many threads it has',
    workercount: 'there is one process, and `threadCount` says how many threads it has',
    bind: 'use `host`',
    address: 'use `host`',
    hostname: 'use `host`',
    socket: 'use `path`',
    readtimeout: 'use `readTimeoutMs` (milliseconds)',
    headerstimeout: 'use `maxRequestReadMs` (milliseconds)',
    requesttimeout: 'use `maxRequestReadMs` (milliseconds)',
    maxrequestreadseconds: 'use `maxRequestReadMs` (milliseconds)',
    timeout: 'use `readTimeoutMs`, `maxRequestReadMs`, `writeTimeoutMs` or `keepAliveTimeoutMs` (milliseconds)',
    idlekeepalive: 'use `keepAliveTimeoutMs` (milliseconds)',
    keepalivetimeout: 'use `keepAliveTimeoutMs` (milliseconds)',
    gracefultimeout: 'use `gracefulTimeoutMs` (milliseconds)',
    maxinflightperconn: 'use `maxInFlightPerConnection`',
    maxheadersize: 'use `maxHeaderBytes`',
    asyncio: 'Node is always asynchronous; `concurrencyPerThread` bounds the requests that share a thread',
    acceptfibersperworker: 'one thread accepts all connections; `backlog` bounds those that the system holds',
    runtime: 'each server has its own counters; use `logger` for its log, and the app module for hooks',
    routetable: 'routes belong to the app module: export defineApp(({ routes }) => ...)',
    logging: 'use `logLevel` and `logFormat`',
    preload: 'every thread loads the app before the server accepts',
    workermaxrssmb: 'threads share one process: use `maxThreadHeapBytes`',
    fiberlocalshim: 'it is about Ruby alone',
    yjit: 'it is about Ruby alone',
  }),
);

/** Options that are planned, and the seed's names for them. Same spelling rule. */
const NOT_YET: ReadonlySet<string> = new Set(
  [
    ['tls', 'tlsCert', 'tlsKey', 'tlsCertPath', 'tlsKeyPath', 'tlsSessionCacheSize', 'tlsHandshakeRateLimit'],
    ['h2', 'h2Settings', 'h2MaxTotalStreams'],
    ['admin', 'adminListenerPort', 'adminListenerHost', 'adminToken', 'adminTokenFile', 'metrics', 'websocket'],
    ['logRequests', 'workerHealth'],
    ['staticDirs', 'preloadStatic', 'preloadStaticDirs', 'noPreloadStatic'],
  ]
    .flat()
    .map(withoutStyle),
);

/** The error for an option called `option`, none of `names`. */
export function unknownOption(option: string, names: readonly string[]): HyperionError {
  const plain = withoutStyle(option);
  const replacement = REPLACEMENTS.get(plain);
  if (replacement !== undefined) return createError('OPTION_REPLACED', { option, replacement });
  if (NOT_YET.has(plain)) return createError('OPTION_NOT_YET', { option });
  return createError('OPTION_UNKNOWN', { option, suggestion: nearest(option, names) });
}

/** Whether `unknownOption` has more to say than that it is unknown. */
export function isKnownElsewhere(option: string): boolean {
  const plain = withoutStyle(option);
  return REPLACEMENTS.has(plain) || NOT_YET.has(plain);
}

/** The name that was probably meant: at most a third of its letters are wrong, whatever its style. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = withoutStyle(name);
  const [best] = names
    .map((candidate) => ({ candidate, distance: editDistance(plain, withoutStyle(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.floor(withoutStyle(candidate).length / 3))
    .toSorted((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** `max_pending`, `--max-pending`, `MAX_PENDING` and `maxPending` are one name. */
function withoutStyle(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}

/** Insertions, deletions, substitutions and swaps of neighbours that make one of the other. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= from.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= to.length; column++) {
      const substituted = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : Infinity;
      rows[row]?.push(Math.min(substituted, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1));
    }
  }
  return at(from.length, to.length);
}
