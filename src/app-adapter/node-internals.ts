/**
 * Every undocumented name of Node that worker threads use stands here, and nowhere else in this
 * folder. `test/app-adapter/node-internals.test.ts` fails on a Node that lacks one of them.
 *
 * Symbols are found by their description on objects made for the purpose. Where a Node has no such
 * name (`req.signal` and `optimizeEmptyRequests` came after Node 20) the constant is undefined, and
 * what hangs on it is left out.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** An `http.IncomingMessage` with the members that Node's own parser uses. */
export interface NodeRequest extends IncomingMessage {
  _consuming: boolean;
  _dumped: boolean;
  readonly _readableState: { readonly resumeScheduled: boolean };
  upgrade: boolean | null;
  joinDuplicateHeaders: boolean;
  _addHeaderLines(headers: string[], count: number): void;
  _dump(): void;
  _dumpAndCloseReadable?(): void;
}

/** An `http.ServerResponse` with the members that Node's own server uses. */
export interface NodeResponse extends ServerResponse<NodeRequest> {
  /** True once it is certain that the connection ends with this reply. */
  _last: boolean;
  _closed: boolean;
  _headerSent: boolean;
  _keepAliveTimeout: number;
}

/** The settings of an `http.Server` that its requests depend on and that the typings leave out. */
export interface NodeServer extends http.Server {
  readonly highWaterMark?: number;
  readonly rejectNonStandardBodyWrites?: boolean;
  readonly joinDuplicateHeaders?: boolean;
  readonly httpAllowHalfOpen?: boolean;
}

type RequestClass = new (socket: Socket) => NodeRequest;
type ResponseClass = new (
  request: NodeRequest,
  options: { highWaterMark: number; rejectNonStandardBodyWrites: boolean | undefined },
) => NodeResponse;

const symbolOf = (owner: object, description: string): symbol | undefined =>
  Object.getOwnPropertySymbols(owner).find((symbol) => symbol.description === description);

const sampleServer = new http.Server();

const REQUEST_CLASS = symbolOf(sampleServer, 'IncomingMessage');
const RESPONSE_CLASS = symbolOf(sampleServer, 'ServerResponse');
const UNIQUE_HEADERS = symbolOf(sampleServer, 'kUniqueHeaders');
const OPTIMIZE_EMPTY_REQUESTS = symbolOf(sampleServer, 'OptimizeEmptyRequestsOption');
const CAPTURE_REJECTIONS = symbolOf(sampleServer, 'kCapture');
const NEEDS_DRAIN = symbolOf(new http.OutgoingMessage(), 'kNeedDrain');
const DETACH_ABORT_SIGNAL = symbolOf(http.IncomingMessage.prototype, 'kDetachAbortSignal');

/** What was found, by name: the test on every Node looks at it. */
export const FOUND_SYMBOLS: Readonly<Record<string, symbol | undefined>> = Object.freeze({
  REQUEST_CLASS,
  RESPONSE_CLASS,
  UNIQUE_HEADERS,
  OPTIMIZE_EMPTY_REQUESTS,
  CAPTURE_REJECTIONS,
  NEEDS_DRAIN,
  DETACH_ABORT_SIGNAL,
});

/** Members that only a symbol names. */
type Slots = Record<symbol, unknown>;

const slotOf = (owner: object, symbol: symbol | undefined): unknown =>
  symbol === undefined ? undefined : (owner as Slots)[symbol];

/** Makes requests and replies as the app's server would: of its classes, with its options. */
export class RequestFactory {
  readonly #Request: RequestClass;
  readonly #Response: ResponseClass;
  readonly #uniqueHeaders: unknown;
  readonly #responseOptions: { highWaterMark: number; rejectNonStandardBodyWrites: boolean | undefined };
  /** Whether the server has `optimizeEmptyRequests` on. */
  readonly optimizesEmptyRequests: boolean;

  constructor(server: NodeServer) {
    this.#Request = (slotOf(server, REQUEST_CLASS) ?? http.IncomingMessage) as RequestClass;
    this.#Response = (slotOf(server, RESPONSE_CLASS) ?? http.ServerResponse) as unknown as ResponseClass;
    this.#uniqueHeaders = slotOf(server, UNIQUE_HEADERS);
    this.#responseOptions = { highWaterMark: 0, rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites };
    this.optimizesEmptyRequests = slotOf(server, OPTIMIZE_EMPTY_REQUESTS) === true;
  }

  createRequest(socket: Socket): NodeRequest {
    return new this.#Request(socket);
  }

  createResponse(request: NodeRequest, highWaterMark: number): NodeResponse {
    this.#responseOptions.highWaterMark = highWaterMark;
    const response = new this.#Response(request, this.#responseOptions);
    if (UNIQUE_HEADERS !== undefined && this.#uniqueHeaders) {
      (response as unknown as Slots)[UNIQUE_HEADERS] = this.#uniqueHeaders;
    }
    return response;
  }
}

/** Emits `'drain'` on a reply that waits for it, as the server does when its socket has drained. */
export const emitResponseDrain = (response: NodeResponse): void => {
  if (NEEDS_DRAIN === undefined || response.writableEnded || response.writableLength !== 0) return;
  const slots = response as unknown as Slots;
  if (slots[NEEDS_DRAIN] !== true) return;
  slots[NEEDS_DRAIN] = false;
  response.emit('drain');
};

/** After a normal reply `req.signal` must not abort when the socket closes. */
export const detachAbortSignal = (request: NodeRequest): void => {
  if (DETACH_ABORT_SIGNAL !== undefined) (request as unknown as Record<symbol, () => void>)[DETACH_ABORT_SIGNAL]?.();
};

/**
 * A server's socket flows from its first moment on. Without this the first `resume()` would emit
 * `'resume'`, which an app never sees from a server's socket.
 */
export const startFlowing = (stream: Duplex): void => {
  (stream as { readableFlowing: boolean | null }).readableFlowing = true;
};

/** Discards the body of a request that nobody reads. */
export const discardUnread = (request: NodeRequest): void => {
  if (!request._consuming && !request._readableState.resumeScheduled) request._dump();
};

/** Emits `'close'` on a reply once, with the flags that Node sets for it. */
export const emitResponseClose = (response: NodeResponse): void => {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
};

type Listener = (...args: never[]) => void;

/** Whether each of these events has this one listener and no other event has any. `listeners()` would make copies. */
export const hasOnlyListeners = (stream: Duplex, expected: Readonly<Record<string, Listener>>): boolean => {
  const { _events: events, _eventsCount: count } = stream as Duplex & {
    readonly _events: Readonly<Record<string, Listener | Listener[] | undefined>>;
    readonly _eventsCount: number;
  };
  let matching = 0;
  for (const event in expected) {
    if (events[event] !== expected[event]) return false;
    matching += 1;
  }
  return count === matching;
};

/** The reply that is assigned to a socket, if any. */
export const responseOn = (socket: Duplex): NodeResponse | undefined =>
  (socket as Duplex & { _httpMessage?: NodeResponse | null })._httpMessage ?? undefined;

/**
 * Makes rejected promises of the server's async listeners go to its `nodejs.rejection` method, as
 * the documented option `captureRejections` of the constructor does. False if they did already.
 */
export const captureRejections = (server: http.Server): boolean => {
  if (CAPTURE_REJECTIONS === undefined || slotOf(server, CAPTURE_REJECTIONS) === true) return false;
  (server as unknown as Slots)[CAPTURE_REJECTIONS] = true;
  return true;
};

/** Whether node's server itself has paused a socket. It resumes it too, and asserts that nobody else does. */
export const isPausedByServer = (socket: Socket): boolean =>
  (socket as Socket & { _paused?: boolean })._paused === true;

/** The bytes of a socket's writes that the kernel has not taken yet. */
export const queuedBytes = (socket: Socket): number =>
  (socket as Socket & { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;

/** Whether a server keeps the list that `closeIdleConnections()` goes by. */
export const tracksConnections = (server: http.Server): boolean =>
  symbolOf(server, 'http.server.connections') !== undefined;

/** Node's own parser of one connection. */
export interface NodeParser {
  readonly incoming: NodeRequest | null;
  /** Null while it serves no connection. */
  readonly socket: Socket | null;
  execute(bytes: Buffer): number | Error;
}

export const parserOf = (socket: Socket): NodeParser | undefined =>
  (socket as Socket & { parser?: NodeParser | null }).parser ?? undefined;

type OnBody = (this: NodeParser, ...args: unknown[]) => unknown;
type ParserCallbacks = Record<number, OnBody>;

/** On the socket itself: a WeakMap would be made anew every few connections, see `roster.ts`. */
const BODY_LISTENER = Symbol('bodyListener');
type Watched = Socket & { [BODY_LISTENER]?: () => void };
/** Node uses a parser for many connections, one after the other, and leaves these callbacks as they are. */
const watchedParsers = new WeakSet<NodeParser>();

/**
 * Calls `listener` each time the parser of this connection has handed on a piece of a body, within
 * `execute`. False on a Node whose parser does not say which of its callbacks that is.
 */
export const afterBodyPieces = (socket: Socket, listener: () => void): boolean => {
  const parser = parserOf(socket);
  const index = (parser?.constructor as { kOnBody?: number } | undefined)?.kOnBody;
  const onBody = index === undefined ? undefined : (parser as unknown as ParserCallbacks)[index];
  if (parser === undefined || index === undefined || typeof onBody !== 'function') return false;
  (socket as Watched)[BODY_LISTENER] = listener;
  if (watchedParsers.has(parser)) return true;
  watchedParsers.add(parser);
  (parser as unknown as ParserCallbacks)[index] = function onBodyThenListener(...args) {
    const result: unknown = Reflect.apply(onBody, this, args);
    if (this.socket !== null) (this.socket as Watched)[BODY_LISTENER]?.();
    return result;
  };
  return true;
};

const tickCallback: unknown = Reflect.get(process, '_tickCallback');

/** Runs what `process.nextTick` and promises have queued, as node does after each callback from C++. */
export const runTicks = (): void => {
  if (typeof tickCallback === 'function') Reflect.apply(tickCallback, process, []);
};

/** Something that keeps the event loop alive, or not. */
export interface LoopHandle {
  ref(): unknown;
  unref(): unknown;
}

const getActiveHandles: unknown = Reflect.get(process, '_getActiveHandles');

const isLoopHandle = (handle: unknown): handle is LoopHandle =>
  typeof handle === 'object' && handle !== null && 'ref' in handle && 'unref' in handle;

/**
 * What keeps this thread's event loop alive now, ports and sockets, without timers. Undefined where
 * Node has no way to tell (`process.getActiveResourcesInfo()` gives names, not the things).
 */
export const activeHandles = (): LoopHandle[] | undefined =>
  typeof getActiveHandles === 'function'
    ? (Reflect.apply(getActiveHandles, process, []) as unknown[]).filter(isLoopHandle)
    : undefined;
