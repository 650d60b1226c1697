/**
 * `createError`, the one place where an error of ours comes into being. What the errors say stands in
 * `error-table.ts`. For any thread; nothing here reads or keeps state.
 */
import {
  AppError,
  ConfigError,
  HyperionError,
  ListenError,
  OptionError,
  PlatformError,
  RouteError,
  ServerError,
  ThreadError,
  UsageError,
} from './error-classes.ts';
import { describeValue, ERROR_TABLE } from './error-table.ts';

export * from './error-classes.ts';

/** `APP_NO_EXPORT` and so on; the error's `code` is `ERR_HYPERION_APP_NO_EXPORT`. */
export type ErrorName = keyof typeof ERROR_TABLE;

/** What the message of this error needs to know; `{}` where it needs nothing. */
export type ErrorDetails<Name extends ErrorName> =
  Parameters<(typeof ERROR_TABLE)[Name]> extends [infer Details] ? Details : object;

/** The first word of an error's name decides its class. */
const CLASSES = {
  OPTION: OptionError,
  APP: AppError,
  ROUTE: RouteError,
  PLATFORM: PlatformError,
  LISTEN: ListenError,
  SERVER: ServerError,
  THREAD: ThreadError,
  CONFIG: ConfigError,
  USAGE: UsageError,
} as const;

type ClassWord<Name extends ErrorName> = Name extends `${infer Word}_${string}` ? Word & keyof typeof CLASSES : never;

/**
 * `throw createError('APP_NOT_FOUND', { path })`. A `cause` among the details becomes the error's `cause`.
 */
export function createError<Name extends ErrorName>(
  name: Name,
  { cause, ...details }: ErrorDetails<Name> & { cause?: unknown },
): HyperionError {
  const ErrorClass = CLASSES[name.slice(0, name.indexOf('_')) as ClassWord<Name>];
  // Sound because of the signature: `details` is what this row's message asks for.
  const toMessage = ERROR_TABLE[name] as (details: object) => string;
  return new ErrorClass(`ERR_HYPERION_${name}`, toMessage(details), withPlainGot(details), cause);
}

/** Errors cross threads: what the app or a user gave, and cannot be cloned or may be large, is kept in words. */
function withPlainGot(details: { readonly got?: unknown }): Readonly<Record<string, unknown>> {
  const { got } = details;
  const isPlain = got === null || !['object', 'function', 'symbol'].includes(typeof got);
  return isPlain ? { ...details } : { ...details, got: describeValue(got) };
}

/** Where a listener was to listen; `path` wins over host and port. */
export interface ListenTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
}

/** The system's error of a `listen()`, said in words. */
export function createListenError(cause: NodeJS.ErrnoException, { host, port, path }: ListenTarget): HyperionError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return path === undefined
        ? createError('LISTEN_PORT_IN_USE', { host, port, cause })
        : createError('LISTEN_PATH_IN_USE', { path, cause });
    case 'EACCES':
    case 'EPERM':
      return path === undefined
        ? createError('LISTEN_PORT_NOT_PERMITTED', { host, port, cause })
        : createError('LISTEN_PATH_NOT_PERMITTED', { path, cause });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return createError('LISTEN_HOST_UNAVAILABLE', { host, cause });
    default:
      return createError('LISTEN_FAILED', { address: path ?? `${host}:${port}`, reason: cause.message, cause });
  }
}

const CODE_PREFIX = 'ERR_HYPERION_';

/** An error of ours that comes from another thread, with its class; undefined for any other code. */
export function reviveHyperionError(
  code: string,
  message: string,
  details: Readonly<Record<string, unknown>>,
): HyperionError | undefined {
  if (!code.startsWith(CODE_PREFIX)) return undefined;
  const word = code.slice(CODE_PREFIX.length).split('_')[0] ?? '';
  const ErrorClass = word in CLASSES ? CLASSES[word as keyof typeof CLASSES] : HyperionError;
  return new ErrorClass(code, message, details);
}
