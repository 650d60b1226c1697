/**
 * Loads the app module into this thread and finds out what it is: what it exports, or the server it
 * calls `listen()` on. In comes the module's URL, out comes an `http.Server` with the app's
 * listeners, and its direct routes. Worker thread, once.
 */
import http, { type RequestListener, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createError } from '../../shared/errors/errors.ts';
import { createContext, StopHooks } from './app-context.ts';
import { type AppKind, defaultExportOf, isFastify, recogniseApp } from './app-export.ts';
import type { AppHost } from './app-host.ts';
import { setupOf } from './define-app.ts';
import { isThenable } from '../direct-route/direct-handler.ts';
import { toNodeListener } from './fetch-adapter.ts';
import { importApp } from './import-app.ts';
import { ListenInterception } from './listen-interception.ts';
import { watchLoop } from './loop-watch.ts';
import { RouteTable } from '../direct-route/route-table.ts';
import { facadeOf } from './server-facade.ts';

export type { AppHost } from './app-host.ts';

export interface LoadedApp {
  /** Has the app's listeners, believes that it listens, and never does. */
  readonly httpServer: Server;
  readonly routes: RouteTable;
  /** At stop: `fastify.close()` of a Fastify app that was exported, then the hooks of `onStop()`. Never rejects. */
  close(): Promise<void>;
}

/** Rejects with an error of ours that says what to do, or with the app's own error untouched. */
export async function loadApp(appUrl: string, host: AppHost): Promise<LoadedApp> {
  const loading = new AppLoading(appUrl, host);
  const watch = watchLoop();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    if (host.appLoadTimeoutMs > 0)
      timer = setTimeout(() => reject(loading.timeoutError()), host.appLoadTimeoutMs).unref();
  });
  try {
    const httpServer = await Promise.race([
      loading.run(),
      watch.idle.then(() => loading.atIdle()),
      timeout,
      loading.failure,
    ]);
    return loading.finish(httpServer);
  } finally {
    watch.stop();
    clearTimeout(timer);
  }
}

class AppLoading {
  readonly #url: string;
  readonly #path: string;
  readonly #host: AppHost;
  readonly #routes = new RouteTable();
  readonly #hooks: StopHooks;
  readonly #interception: ListenInterception;
  /** What is awaited now, for the error that it never ends; `undefined` while only `listen()` is awaited. */
  #step: string | undefined = 'a top-level await';
  #unusable: { got: unknown; hint: string | undefined } = { got: undefined, hint: undefined };
  /** Why a `listen()` that comes after the load cannot be served. */
  #lateRefusal: string | undefined;

  constructor(appUrl: string, host: AppHost) {
    this.#url = appUrl;
    this.#path = fileURLToPath(appUrl);
    this.#host = host;
    this.#hooks = new StopHooks((level, fields, message) => host.log(level, fields, message));
    this.#interception = new ListenInterception(host);
    this.#interception.install();
  }

  get failure(): Promise<never> {
    return this.#interception.failure;
  }

  /** The whole story. Pending for ever if the app neither exports an app nor listens. */
  async run(): Promise<Server> {
    const namespace = await importApp(this.#url, this.#path);
    const exported = await this.#settled(defaultExportOf(namespace), 'the promise that it exports');
    const setup = setupOf(exported);
    if (setup !== undefined) {
      const result = await this.#settled(
        setup(createContext(this.#host, this.#routes, this.#hooks)),
        'its defineApp() function',
      );
      return result === undefined ? this.#routesOnly() : this.#serveResult(result);
    }
    const app = recogniseApp(exported);
    if (app.kind !== 'unusable') return this.#serverFor(app);
    this.#unusable = { got: exported, hint: app.hint ?? hintOfNames(namespace) };
    this.#step = undefined;
    return this.#interception.whenListening();
  }

  /** Nothing can run any more: a server that listens meanwhile is the app, whatever else is awaited. */
  atIdle(): Server {
    const { server } = this.#interception;
    if (server !== undefined) return server;
    if (this.#step !== undefined) throw createError('APP_STUCK', { path: this.#path, step: this.#step });
    throw createError('APP_NO_EXPORT', { path: this.#path, ...this.#unusable });
  }

  timeoutError(): Error {
    return createError('APP_LOAD_TIMEOUT', { path: this.#path, timeoutMs: this.#host.appLoadTimeoutMs });
  }

  finish(httpServer: Server): LoadedApp {
    this.#interception.finish(this.#lateRefusal);
    this.#routes.seal();
    facadeOf(httpServer, this.#host).serve();
    return { httpServer, routes: this.#routes, close: () => this.#hooks.run() };
  }

  async #settled(value: unknown, step: string): Promise<unknown> {
    // Awaiting a Fastify instance would make it ready and give something else.
    if (!isThenable(value) || isFastify(value)) return value;
    this.#step = step;
    return value;
  }

  #serveResult(result: unknown): Server | Promise<Server> {
    const app = recogniseApp(result);
    if (app.kind === 'unusable') throw createError('APP_BAD_RESULT', { path: this.#path, got: result, hint: app.hint });
    return this.#serverFor(app);
  }

  #routesOnly(): Server {
    this.#lateRefusal = 'the app is loaded already: return it from the defineApp() function';
    return this.#interception.server ?? http.createServer(answerNotFound);
  }

  async #serverFor(app: Exclude<AppKind, { kind: 'unusable' }>): Promise<Server> {
    switch (app.kind) {
      case 'server':
        return app.server;
      case 'listener':
        return this.#serverOf(app.listener);
      case 'fetch':
        return http.createServer(
          toNodeListener(app.app, (level, fields, message) => this.#host.log(level, fields, message)),
        );
      case 'fastify':
        this.#step = 'fastify.ready()';
        this.#hooks.add(() => app.app.close());
        await app.app.ready();
        return app.server;
    }
  }

  /** The app's own server, if it has called `listen()` on one with this listener: it may have others, for upgrades. */
  #serverOf(listener: RequestListener): Server {
    const { server } = this.#interception;
    return server?.listeners('request').includes(listener) === true ? server : http.createServer(listener);
  }
}

function hintOfNames(namespace: Readonly<Record<string, unknown>>): string | undefined {
  if ('default' in namespace) return undefined;
  const names = Object.keys(namespace).map((name) => `\`${name}\``);
  return names.length === 0 ? undefined : `It exports ${names.join(', ')}: the app has to be the default export`;
}

const answerNotFound: RequestListener = (_, res) => {
  res.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found');
};
