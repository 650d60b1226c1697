/**
 * Every error of ours, one row each: its name (the code is `ERR_HYPERION_` + name) and its message.
 * The first word of the name decides the class (`errors.ts`). Pure strings, for any thread.
 *
 * A message says what was expected, what was found, and what to do; one line, no advice about stacks.
 */
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** Longest piece of a wrong value that a message repeats: enough to recognise it, still one line. */
const MAX_VALUE_CHARACTERS = 80;

/** A value as messages name it: `'abc' (string)`, `5 (number)`, `null`, `a function`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function \`${value.name}\``;
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: MAX_VALUE_CHARACTERS });
  const short = text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}...` : text;
  return `${short.replaceAll(/\s+/g, ' ')} (${Array.isArray(value) ? 'array' : typeof value})`;
}

/** What the loader accepts as an app. */
const USABLE_APP =
  'a (req, res) listener, an http.Server, an object with fetch(request), a Koa application, a Fastify instance';

/** Apps are known by their file URL; people know them by their path. */
function toPath(app: string): string {
  return app.startsWith('file:') ? fileURLToPath(app) : app;
}

export const ERROR_TABLE = {
  // Options: what `new Server(options)`, a config file, a flag or the environment said.
  OPTION_INVALID: ({ option, expected, got }: { option: string; expected: string; got: unknown }): string =>
    `Expected the \`${option}\` option to be ${expected}, got ${describeValue(got)}`,
  OPTION_UNKNOWN: ({ option, suggestion }: { option: string; suggestion: string | undefined }): string =>
    `There is no \`${option}\` option${suggestion === undefined ? '' : `: did you mean \`${suggestion}\`?`}`,
  OPTION_REPLACED: ({ option, replacement }: { option: string; replacement: string }): string =>
    `There is no \`${option}\` option: ${replacement}`,
  OPTION_NOT_YET: ({ option }: { option: string }): string => `The \`${option}\` option does not exist yet`,
  OPTION_UNSUPPORTED: ({ option, got, reason }: { option: string; got: unknown; reason: string }): string =>
    `Expected the \`${option}\` option to be 'off' or 'auto', got ${describeValue(got)}: ${reason}`,
  OPTION_APP_IS_FUNCTION: ({ got }: { got: unknown }): string =>
    `Expected the \`app\` option to be the path or file URL of a module, got ${describeValue(got)}: ` +
    'every thread loads the app by itself, and a function cannot cross into a thread. ' +
    'Export it from a module and give the path of that',

  // The app module: finding it, loading it, what it exports, how it listens.
  APP_NOT_FOUND: ({ path }: { path: string }): string => `There is no app at ${toPath(path)}`,
  APP_IS_DIRECTORY: ({ path }: { path: string }): string =>
    `Expected the app to be a file, ${toPath(path)} is a directory`,
  APP_NEEDS_TYPE_STRIPPING: ({ path, version }: { path: string; version: string }): string =>
    `Node ${version} cannot load ${toPath(path)}: a TypeScript app needs Node >= 22.18 or \`--import tsx\``,
  APP_NO_EXPORT: ({ path, got, hint }: { path: string; got: unknown; hint?: string | undefined }): string =>
    `${toPath(path)} has no usable export and never calls listen(): expected its default export to be ${USABLE_APP} ` +
    `or defineApp(...), got ${describeValue(got)}${hint === undefined ? '' : `. ${hint}`}`,
  APP_BAD_RESULT: ({ path, got, hint }: { path: string; got: unknown; hint?: string | undefined }): string =>
    `Expected the function that ${toPath(path)} gave to defineApp() to return nothing (only routes), ${USABLE_APP}, ` +
    `got ${describeValue(got)}${hint === undefined ? '' : `. ${hint}`}`,
  APP_STUCK: ({ path, step }: { path: string; step: string }): string =>
    `${toPath(path)} never finishes loading: ${step} is still awaited, and nothing is left in its thread that could end it`,
  APP_BAD_DEFINITION: ({ got }: { got: unknown }): string =>
    `Expected the argument of defineApp() to be a function, got ${describeValue(got)}`,
  APP_LOAD_TIMEOUT: ({ path, timeoutMs }: { path: string; timeoutMs: number }): string =>
    `${toPath(path)} did not load within ${timeoutMs} ms (\`appLoadTimeoutMs\`): something in it is still awaited, ` +
    'or it neither exports an app nor calls listen()',
  APP_EXITED: ({ path, exitCode }: { path: string; exitCode: number }): string =>
    `${toPath(path)} ended its thread with exit code ${exitCode} while it was loading`,
  APP_OUT_OF_MEMORY: ({ path }: { path: string }): string =>
    `${toPath(path)} ran out of memory while it was loading (see \`resourceLimits\`)`,
  APP_SECOND_LISTEN: ({ first, second }: { first: string; second: string }): string =>
    `The app listens twice: first ${first}, then ${second}. One server is served; ` +
    'leave one call, or start another process for the other',
  APP_BAD_LISTEN: ({ call, reason }: { call: string; reason: string }): string =>
    `The app's ${call} cannot be served: ${reason}`,

  // Direct routes.
  ROUTE_INVALID: ({ argument, expected, got }: { argument: string; expected: string; got: unknown }): string =>
    `Expected the ${argument} of a route to be ${expected}, got ${describeValue(got)}`,
  ROUTE_DUPLICATE: ({ method, path }: { method: string; path: string }): string =>
    `There is already a route for ${method} ${path}`,
  ROUTE_TOO_LATE: ({ method, path }: { method: string; path: string }): string =>
    `The route ${method} ${path} comes too late: routes are registered while the app loads`,
  ROUTE_BAD_REPLY: ({ method, path, got }: { method: string; path: string; got: unknown }): string =>
    `Expected the handler of ${method} ${path} to return a Response or { status, headers, body }, ` +
    `got ${describeValue(got)}`,

  // Platform.
  PLATFORM_WINDOWS: (): string =>
    'Hyperion needs Linux or macOS: Windows cannot lend a connection to a thread (in WSL it works)',
  PLATFORM_NODE_TOO_OLD: ({ version }: { version: string }): string =>
    `Hyperion needs Node >= 20.19, this is ${version}`,
  PLATFORM_NO_LIBC: ({ reason }: { reason: string }): string =>
    `Hyperion needs the C library (glibc, musl or macOS) of this machine and cannot reach it: ${reason}`,
  PLATFORM_IO_URING: ({ version }: { version: string }): string =>
    `Node ${version} loses events of lent connections under UV_USE_IO_URING=1: unset it, or start with ` +
    'the `hyperion` command, which does so',

  // Listening. `address` as people write it: `127.0.0.1:9292` or the path of a Unix socket.
  LISTEN_PORT_IN_USE: ({ host, port }: { host: string; port: number }): string =>
    `Port ${port} on ${host} is in use: stop what listens there or choose another \`port\``,
  LISTEN_PATH_IN_USE: ({ path }: { path: string }): string =>
    `The Unix socket ${path} is in use, or left over: stop what listens there or remove the file`,
  LISTEN_PORT_NOT_PERMITTED: ({ host, port }: { host: string; port: number }): string =>
    `Not permitted to listen on port ${port} of ${host}: choose a \`port\` from 1024 on, or give the process the right`,
  LISTEN_PATH_NOT_PERMITTED: ({ path }: { path: string }): string =>
    `Cannot create the Unix socket ${path}: its folder does not exist, or writing there is not permitted`,
  LISTEN_HOST_UNAVAILABLE: ({ host }: { host: string }): string =>
    `Cannot listen on ${host}: it is no address of this machine`,
  LISTEN_FAILED: ({ address, reason }: { address: string; reason: string }): string =>
    `Cannot listen on ${address}: ${reason}`,
  LISTEN_BAD_LISTENER: ({ got }: { got: unknown }): string =>
    `Expected adoptListener() to get a net.Server or a file descriptor, got ${describeValue(got)}`,

  // The server's own life, and its threads.
  SERVER_WRONG_STATE: ({ method, state }: { method: string; state: string }): string =>
    `Cannot call ${method}() on a server that ${state}`,
  THREAD_FAILED: ({ threadNumber, reason }: { threadNumber: number; reason: string }): string =>
    `Thread ${threadNumber} failed: ${reason}`,

  // Config file.
  CONFIG_NOT_FOUND: ({ path }: { path: string }): string => `There is no config file at ${path}`,
  CONFIG_AMBIGUOUS: ({ paths }: { paths: readonly string[] }): string =>
    `Found several config files, ${paths.join(' and ')}: remove all but one or name it with --config`,
  CONFIG_UNREADABLE: ({ path, reason }: { path: string; reason: string }): string =>
    `Cannot read the config file ${path}: ${reason}`,
  CONFIG_NOT_OBJECT: ({ path, got }: { path: string; got: unknown }): string =>
    `Expected the config file ${path} to ${path.endsWith('.json') ? 'hold' : 'have as default export'} ` +
    `an object of options, got ${describeValue(got)}`,

  // Command line.
  USAGE_UNKNOWN_FLAG: ({ flag, suggestion }: { flag: string; suggestion: string | undefined }): string =>
    `There is no ${flag} flag${suggestion === undefined ? '' : `: did you mean ${suggestion}?`}`,
  USAGE_MISSING_VALUE: ({ flag }: { flag: string }): string => `${flag} needs a value`,
  USAGE_UNEXPECTED_VALUE: ({ flag }: { flag: string }): string => `${flag} takes no value`,
  USAGE_EXTRA_ARGUMENT: ({ argument, app }: { argument: string; app: string }): string =>
    `Expected one app, got ${argument} after ${app}`,
  USAGE_NO_APP: (): string => 'Expected the path of an app: hyperion [options] app.js',
} as const;
