/** The classes of the errors that Hyperion throws: all public. For any thread. */

/** Base class of every error that Hyperion itself throws. `code` is `ERR_HYPERION_...` and stays stable. */
export class HyperionError extends Error {
  readonly code: string;
  /** What the message was made of, e.g. `{ option: 'port', expected: '...', got: 'abc' }`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** A wrong, unknown or missing option. `details` has `option` and, for a wrong value, `expected` and `got`. */
export class OptionError extends HyperionError {}
/** The app cannot be found, loaded or served. An error that the app itself throws stays as it is. */
export class AppError extends HyperionError {}
/** A direct route with wrong arguments, twice, or with a wrong reply. */
export class RouteError extends HyperionError {}
/** This machine or this Node cannot run Hyperion. */
export class PlatformError extends HyperionError {}
/** The port or Unix socket cannot be had. `cause` is the system's error. */
export class ListenError extends HyperionError {}
/** A method called when the server is not in a state for it. */
export class ServerError extends HyperionError {}
/** A worker thread failed for a reason that is not the app's load. */
export class ThreadError extends HyperionError {}
/** A config file that is missing, ambiguous, unreadable or not an object. */
export class ConfigError extends HyperionError {}
/** A wrong command line. */
export class UsageError extends HyperionError {}
