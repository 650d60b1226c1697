/**
 * Says what an app module exports. In comes any value, out comes what the loader can make of it,
 * or a hint for the one who wrote it. Decides only; worker thread.
 */
import { type RequestListener, Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { FastifyApp, FetchApp, KoaApp } from './define-app.ts';

export type AppKind =
  | { readonly kind: 'listener'; readonly listener: RequestListener }
  | { readonly kind: 'server'; readonly server: HttpServer }
  | { readonly kind: 'fetch'; readonly app: FetchApp }
  | { readonly kind: 'fastify'; readonly app: FastifyApp; readonly server: HttpServer }
  | { readonly kind: 'unusable'; readonly hint: string | undefined };

/** The default export of a module: ESM, CommonJS, or CommonJS made from ESM (`exports.default`). */
export function defaultExportOf(namespace: Readonly<Record<string, unknown>>): unknown {
  const exported = namespace['default'];
  return isObject(exported) && exported['__esModule'] === true && 'default' in exported
    ? exported['default']
    : exported;
}

export function recogniseApp(value: unknown): AppKind {
  if (typeof value === 'function') return recogniseFunction(value);
  if (!isObject(value)) return unusable();
  if (value instanceof HttpServer) return { kind: 'server', server: value };
  if (value instanceof NetServer) return unusable(PLAIN_SERVER);
  if (isFastify(value)) {
    return value.server instanceof HttpServer
      ? { kind: 'fastify', app: value, server: value.server }
      : unusable(PLAIN_SERVER);
  }
  if (isKoa(value)) return { kind: 'listener', listener: value.callback() };
  if (isFetchApp(value)) return { kind: 'fetch', app: value };
  return unusable();
}

/** A Fastify instance is also thenable, so this is asked before anything is awaited. */
export function isFastify(value: unknown): value is FastifyApp {
  return isObject(value) && hasMethods(value, 'ready', 'routing', 'close') && 'server' in value;
}

/** A class is written with capital and `class`, and cannot be called. */
const CLASS_SOURCE = /^class\b/;
/** Takes its arguments in a way that `length` does not count. */
const UNCOUNTED_ARGUMENTS = /\.\.\.|\barguments\b|\[native code\]/;

function recogniseFunction(value: Function): AppKind {
  const source = Function.prototype.toString.call(value);
  if (CLASS_SOURCE.test(source)) return unusable('It is a class: export an instance');
  // With fewer than two parameters it could never answer: its clients would wait for ever.
  if (value.length < 2 && !UNCOUNTED_ARGUMENTS.test(source)) {
    return unusable(
      'A listener has the parameters (req, res); a function that makes the app goes through defineApp(), ' +
        'one that takes a Request is exported as { fetch }',
    );
  }
  return { kind: 'listener', listener: value as RequestListener };
}

const PLAIN_SERVER = "It is no plain http.Server: TLS and HTTP/2 are the server's own business, not the app's";

const unusable = (hint?: string): AppKind => ({ kind: 'unusable', hint });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const hasMethods = (value: Readonly<Record<string, unknown>>, ...names: string[]): boolean =>
  names.every((name) => typeof value[name] === 'function');

const isKoa = (value: object): value is KoaApp =>
  hasMethods(value as Readonly<Record<string, unknown>>, 'callback', 'use');

const isFetchApp = (value: object): value is FetchApp =>
  hasMethods(value as Readonly<Record<string, unknown>>, 'fetch');
