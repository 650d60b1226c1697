/**
 * The direct routes of one thread: exact method and path, looked up before the app is asked. In come
 * the registrations of the app module, out comes the route of a request. Worker thread.
 */
import { createError } from '../../shared/errors/errors.ts';
import type { RouteHandler, Routes, StaticOptions } from '../load/define-app.ts';
import { StaticRoute } from './static-route.ts';

export interface DynamicRoute {
  readonly kind: 'dynamic';
  readonly method: string;
  readonly path: string;
  readonly handler: RouteHandler;
}

export type Route = StaticRoute | DynamicRoute;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'];

/** What a request's path can be made of (the grammar of a simple request), less `?`, where it ends. */
const PATH = /^\/[\x21-\x3e\x40-\x7e]*$/;

/** Same bytes that a header value may have; CR or LF would end the line and begin another. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

/** The routes of one path, by method. */
interface PathEntry {
  readonly routes: Map<string, Route>;
  /** The HEAD route is GET's twin, so an explicit one may take its place. */
  hasHeadTwin: boolean;
}

export class RouteTable implements Routes {
  readonly #paths = new Map<string, PathEntry>();
  #size = 0;
  #isSealed = false;

  /** How many routes were registered; a HEAD twin does not count. */
  get size(): number {
    return this.#size;
  }

  handle(method: string, path: string, handler: RouteHandler): void {
    const name = checkMethod(method);
    checkPath(path);
    if (typeof handler !== 'function') throw invalid('handler', 'a function', handler);
    this.#add({ kind: 'dynamic', method: name, path, handler });
  }

  handleStatic(method: string, path: string, body: string | Uint8Array, options: StaticOptions = {}): void {
    const name = checkMethod(method);
    checkPath(path);
    if (typeof body !== 'string' && !(body instanceof Uint8Array))
      throw invalid('body', 'a string or Uint8Array', body);
    const { contentType = 'text/plain' } = options;
    if (typeof contentType !== 'string' || !HEADER_VALUE.test(contentType)) {
      throw invalid('contentType', 'a header value (no CR, LF or control characters)', contentType);
    }
    this.#add(new StaticRoute(name, path, body, contentType));
  }

  /** The route for a request line's method and target. The query does not matter. */
  match(method: string, target: string): Route | undefined {
    if (this.#size === 0) return undefined;
    const queryStart = target.indexOf('?');
    return this.#paths.get(queryStart === -1 ? target : target.slice(0, queryStart))?.routes.get(method);
  }

  /** The app is loaded: a route that came now would exist in this thread only. */
  seal(): void {
    this.#isSealed = true;
  }

  #add(route: Route): void {
    const { method, path } = route;
    if (this.#isSealed) throw createError('ROUTE_TOO_LATE', { method, path });
    const entry = this.#paths.get(path) ?? { routes: new Map<string, Route>(), hasHeadTwin: false };
    const replacesTwin = method === 'HEAD' && entry.hasHeadTwin;
    if (entry.routes.has(method) && !replacesTwin) throw createError('ROUTE_DUPLICATE', { method, path });
    entry.routes.set(method, route);
    if (replacesTwin) entry.hasHeadTwin = false;
    if (method === 'GET' && !entry.routes.has('HEAD')) {
      entry.routes.set('HEAD', route);
      entry.hasHeadTwin = true;
    }
    this.#paths.set(path, entry);
    this.#size += 1;
  }
}

const invalid = (argument: string, expected: string, got: unknown): Error =>
  createError('ROUTE_INVALID', { argument, expected, got });

function checkMethod(method: unknown): string {
  const name = typeof method === 'string' ? method.toUpperCase() : '';
  if (!METHODS.includes(name)) throw invalid('method', `one of ${METHODS.join(', ')}`, method);
  return name;
}

function checkPath(path: unknown): void {
  if (typeof path !== 'string' || !PATH.test(path)) {
    throw invalid('path', "a path as it stands in a request line, such as '/health', without query", path);
  }
}
