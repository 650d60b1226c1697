/**
 * Lets an ordinary file that ends in `app.listen(3000)` be an app: in this thread no `http.Server`
 * opens a port. The first one that calls `listen()` is remembered for the loader; each believes
 * that it listens. In come the app's calls, out comes its server. Worker thread, one app for each.
 */
import { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import { createError } from '../../shared/errors/errors.ts';
import type { AppHost } from './app-host.ts';
import { isAlias, type ListenCall, type ListenTarget, readListenCall } from './listen-call.ts';
import { facadeOf } from './server-facade.ts';

type Listen = typeof NetServer.prototype.listen;

interface FirstListen {
  readonly server: HttpServer;
  readonly target: ListenTarget;
  readonly text: string;
}

export class ListenInterception {
  /** Rejects when a call cannot be served. While the app loads that ends the load, later the call throws. */
  readonly failure: Promise<never>;
  readonly #host: AppHost;
  #fail!: (error: Error) => void;
  #first: FirstListen | undefined;
  /** The first server, once it has told its listeners that it listens. */
  #listening: HttpServer | undefined;
  #onListening: ((server: HttpServer) => void) | undefined;
  #isLoading = true;
  #refusal: string | undefined;

  constructor(host: AppHost) {
    this.#host = host;
    this.failure = new Promise((_, reject) => (this.#fail = reject));
    this.failure.catch(() => {});
  }

  /** The first server that called `listen()` and did not close again while the app was loading. */
  get server(): HttpServer | undefined {
    return this.#first?.server;
  }

  /** Resolves when that server has told its own listeners that it listens. */
  whenListening(): Promise<HttpServer> {
    if (this.#listening !== undefined) return Promise.resolve(this.#listening);
    return new Promise((resolve) => (this.#onListening = resolve));
  }

  /** Takes `listen()` over, for the rest of the thread's life. */
  install(): void {
    const nodeListen = NetServer.prototype.listen;
    const accept = (server: HttpServer, call: ListenCall): void => this.#accept(server, call);
    const refuse = (call: ListenCall, reason: string): void => this.#refuse(call, reason);
    const listen = function (this: NetServer, ...args: unknown[]): NetServer {
      const isHttp = this instanceof HttpServer;
      const refusal = isHttp ? undefined : secureRefusal(this);
      // Neither HTTP nor TLS: the app's own business.
      const call = isHttp || refusal !== undefined ? readListenCall(args, listen) : undefined;
      if (call === undefined) return Reflect.apply(nodeListen, this, args);
      if (isHttp) accept(this, call);
      else refuse(call, refusal ?? '');
      return this;
    };
    NetServer.prototype.listen = listen as Listen;
  }

  /** The app is loaded. A first `listen()` from now on is ignored, or refused for the reason given. */
  finish(refusal?: string): void {
    this.#isLoading = false;
    this.#refusal = refusal;
  }

  #accept(server: HttpServer, call: ListenCall): void {
    const { target, text } = call;
    if (target === undefined)
      return this.#refuse(call, 'only the server itself listens, the app cannot adopt a descriptor');
    if (this.#first === undefined) {
      if (this.#refusal !== undefined) return this.#refuse(call, this.#refusal);
      this.#first = { server, target, text };
      this.#announce(text);
    } else if (this.#first.server !== server && !isAlias(this.#first.target, target, this.#host.port)) {
      return this.#raise(createError('APP_SECOND_LISTEN', { first: this.#first.text, second: text }));
    }
    this.#open(server, call);
  }

  #open(server: HttpServer, { callback, signal }: ListenCall): void {
    const facade = facadeOf(server, this.#host);
    if (callback !== undefined) server.once('listening', callback);
    // Given up while the app loads, as tools do that probe for a free port: the next one is the first.
    if (this.#isLoading) server.once('close', () => this.#forget(server));
    signal?.addEventListener('abort', () => server.close(), { once: true });
    facade.listenForApp(() => {
      if (this.#first?.server !== server || !facade.isListening) return;
      this.#listening = server;
      this.#onListening?.(server);
    });
  }

  #forget(server: HttpServer): void {
    if (!this.#isLoading || this.#first?.server !== server) return;
    this.#first = undefined;
    this.#listening = undefined;
  }

  #refuse({ text }: ListenCall, reason: string): void {
    this.#raise(createError('APP_BAD_LISTEN', { call: text, reason }));
  }

  #raise(error: Error): void {
    if (!this.#isLoading) throw error;
    this.#fail(error);
  }

  #announce(text: string): void {
    const { threadNumber, host, port, path } = this.#host;
    // Every thread loads the app; one line is enough.
    if (threadNumber !== 0) return;
    const place = path ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#host.notice(`the app's ${text} opens no port: the app is served on ${place}`);
  }
}

const SECURE_CLASSES: ReadonlyMap<string, string> = new Map([
  ['Http2Server', 'it is an HTTP/2 server'],
  ['Http2SecureServer', 'it is an HTTP/2 server'],
]);

/** Why a server that is no `http.Server` cannot be the app; `undefined` for one that has nothing to do with HTTP. */
function secureRefusal(server: NetServer): string | undefined {
  const http2 = SECURE_CLASSES.get(server.constructor.name);
  if (http2 !== undefined) return `${http2}, and the app has to be a plain http.Server`;
  return isHttpsServer(server) ? 'it is an https server, and the app has to be a plain http.Server' : undefined;
}

/** Asked of node only now: a thread without TLS need not load it. */
const isHttpsServer = (server: NetServer): boolean =>
  'setSecureContext' in server && server instanceof process.getBuiltinModule('node:https').Server;
