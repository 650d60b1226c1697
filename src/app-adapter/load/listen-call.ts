/**
 * One call of `listen()`: what it asks for and where it stands in the app, and the rule for a
 * second one. Pure but for the stack that is read. Worker thread.
 */
import { fileURLToPath } from 'node:url';

export interface ListenTarget {
  /** `undefined` with a path. 0 is any port. */
  readonly port: number | undefined;
  readonly path: string | undefined;
  /** As given; `''` for all addresses. */
  readonly host: string;
}

export interface ListenCall {
  /** `undefined`: a descriptor or handle, which cannot be served. */
  readonly target: ListenTarget | undefined;
  /** For messages: `listen(3000) at /srv/app.js:12:5`. */
  readonly text: string;
  readonly callback: (() => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

interface ListenOptions {
  readonly port?: unknown;
  readonly path?: unknown;
  readonly host?: unknown;
  readonly fd?: unknown;
  readonly handle?: unknown;
  readonly _handle?: unknown;
  readonly signal?: AbortSignal;
}

const MAX_PORT = 65_535;

/** Enough to come out of a framework's own frames. */
const STACK_FRAMES = 50;

/** Reads the arguments in all the forms that node takes. `undefined`: node refuses them, and should say so itself. */
export function readListenCall(args: readonly unknown[], calledFrom: Function): ListenCall | undefined {
  const last = args.at(-1);
  const callback = typeof last === 'function' ? (last as () => void) : undefined;
  const options = optionsOf(args);
  const isHandle = options.handle !== undefined || options._handle !== undefined || typeof options.fd === 'number';
  const target = isHandle ? undefined : targetOf(options);
  if (!isHandle && target === undefined) return undefined;
  const text = `listen(${describeTarget(target)})${callSite(calledFrom)}`;
  return { target, text, callback, signal: options.signal };
}

/**
 * Whether a further call means the same listener: the same port (or any) at another address, as
 * frameworks do that listen on each address of `localhost`. They may ask for the port that
 * `address()` told them, which is the server's.
 */
export function isAlias(first: ListenTarget, further: ListenTarget, serverPort: number): boolean {
  if (first.port === undefined || further.port === undefined || first.host === further.host) return false;
  return further.port === first.port || further.port === 0 || further.port === serverPort;
}

function optionsOf(args: readonly unknown[]): ListenOptions {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) return first;
  if (isPathName(first)) return { path: first };
  const port = first === undefined || first === null || typeof first === 'function' ? 0 : first;
  return { port, host: typeof second === 'string' ? second : undefined };
}

/** A string that is no number names a Unix socket. */
const isPathName = (value: unknown): value is string => typeof value === 'string' && !(Number(value) >= 0);

function targetOf(options: ListenOptions): ListenTarget | undefined {
  const host = typeof options.host === 'string' ? options.host.toLowerCase() : '';
  const isAnyPort = 'port' in options && (options.port === undefined || options.port === null);
  if (isAnyPort && typeof options.path !== 'string') return { port: 0, path: undefined, host };
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    const port = String(options.port).trim() === '' ? NaN : Number(options.port);
    return Number.isInteger(port) && port >= 0 && port <= MAX_PORT ? { port, path: undefined, host } : undefined;
  }
  return typeof options.path === 'string' ? { port: undefined, path: options.path, host: '' } : undefined;
}

function describeTarget(target: ListenTarget | undefined): string {
  if (target === undefined) return 'a descriptor';
  if (target.path !== undefined) return `'${target.path}'`;
  return target.host === '' ? String(target.port) : `${target.port}, '${target.host}'`;
}

/** ` at file:line:column` of the app's own frame next to the call, or of the nearest one that has a file. */
function callSite(calledFrom: Function): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = STACK_FRAMES;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, calledFrom);
  Error.stackTraceLimit = stackTraceLimit;
  const frames = (holder.stack ?? '').split('\n').flatMap((line) => {
    const place = /\(?((?:file:\/\/|\/)[^()]*:\d+:\d+)\)?$/.exec(line)?.[1];
    return place === undefined ? [] : [place.startsWith('file:') ? placeOfUrl(place) : place];
  });
  const site = frames.find((place) => !place.includes('/node_modules/')) ?? frames[0];
  return site === undefined ? '' : ` at ${site}`;
}

function placeOfUrl(place: string): string {
  const [, url = '', position = ''] = /^(.*?)((?::\d+){2})$/.exec(place) ?? [];
  return fileURLToPath(url) + position;
}
