/**
 * `defineApp` and the types that an app module's author meets. Imported by apps, in every thread,
 * and by the main thread for its types: no other module is loaded from here.
 */
import type { RequestListener, Server } from 'node:http';
import { createError } from '../../shared/errors/errors.ts';

/** What a direct route's handler is given. Everything is made when it is asked for. */
export interface DirectRequest {
  /** In capitals, as sent. `HEAD` also reaches the handler of a GET route. */
  readonly method: string;
  /** The target up to `?`, not decoded. */
  readonly path: string;
  /** The target behind `?`, not decoded; `''` without one. */
  readonly query: string;
  /** Any case of name. Lines that repeat are joined by `', '` (Cookie: `'; '`). `null` if there is none. */
  readonly headers: { get(name: string): string | null };
  readonly remoteAddress: string | undefined;
  /** Aborts when the client leaves before it has the reply. */
  readonly signal: AbortSignal;
  /** The body as a stream, `null` if there is none. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** The whole body as UTF-8 text. May be called more than once, also after `json()` or `bytes()`. */
  text(): Promise<string>;
  /** The whole body, parsed. Rejects with a SyntaxError if it is no JSON. */
  json(): Promise<unknown>;
  bytes(): Promise<Uint8Array>;
}

export type ReplyBody = string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** The plain form of a reply. `content-length`, `connection` and `transfer-encoding` are written by the server. */
export interface PlainReply {
  /** 200 to 999. */
  status: number;
  /** An array gives one line per element. */
  headers?: Readonly<Record<string, string | number | readonly string[]>> | Headers | undefined;
  body?: ReplyBody | null | undefined;
}

export type RouteReply = Response | PlainReply;

/** A synchronous handler is answered in the same turn, without a promise. */
export type RouteHandler = (request: DirectRequest) => RouteReply | Promise<RouteReply>;

export interface StaticOptions {
  /** Default `'text/plain'`. */
  contentType?: string;
}

export interface Routes {
  /**
   * Answers exactly this method and path (the query does not matter) before the app is asked. GET
   * answers HEAD too, unless HEAD has a route of its own. Throws if there is such a route already.
   */
  handle(method: string, path: string, handler: RouteHandler): void;
  /** Like `handle`, for a reply that is always the same: 200 with this body. */
  handleStatic(method: string, path: string, body: string | Uint8Array, options?: StaticOptions): void;
}

/** Writes through the server's logger. Fields first, or the message alone. */
export type AppLogMethod = (
  ...args: [message: string] | [fields: Readonly<Record<string, unknown>>, message: string]
) => void;

export interface AppContext {
  readonly routes: Routes;
  /** 0-based place of this thread in the pool. */
  readonly threadNumber: number;
  readonly threadCount: number;
  readonly log: Readonly<Record<'debug' | 'info' | 'warn' | 'error', AppLogMethod>>;
  /** Runs when the server stops, after the last reply; the last one registered first. May be async. */
  onStop(hook: () => unknown): void;
}

/** An object in the style of the web standards: Hono, h3, Bun's and Deno's `export default`. */
export interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** A Koa application. */
export interface KoaApp {
  callback(): RequestListener;
  use(...args: never[]): unknown;
}

/** A Fastify instance. */
export interface FastifyApp {
  readonly server: unknown;
  routing(...args: never[]): unknown;
  ready(): unknown;
  close(): unknown;
}

export type App = RequestListener | Server | FetchApp | KoaApp | FastifyApp;

/** Registers routes and gives the app, or nothing if the routes are all there is. */
export type AppSetup = (context: AppContext) => App | void | Promise<App | void>;

/** Registered globally: an app may import another copy of this package than the one that serves it. */
const DEFINED_APP: unique symbol = Symbol.for('hyperion-server.defined-app') as never;

/** The default export of an app module that `defineApp` made. */
export interface DefinedApp {
  readonly [DEFINED_APP]: AppSetup;
}

/** Default-export what this returns. `setup` runs once in every thread. */
export function defineApp(setup: AppSetup): DefinedApp {
  if (typeof setup !== 'function') throw createError('APP_BAD_DEFINITION', { got: setup });
  return Object.freeze({ [DEFINED_APP]: setup });
}

/** The setup function in a default export of that kind. */
export function setupOf(exported: unknown): AppSetup | undefined {
  return typeof exported === 'object' && exported !== null && DEFINED_APP in exported
    ? (exported as DefinedApp)[DEFINED_APP]
    : undefined;
}
