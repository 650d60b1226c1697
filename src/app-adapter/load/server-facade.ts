/**
 * Makes an `http.Server` that never listens behave like one that does: `listening`, `address()`,
 * `'listening'`, `close()`. The app's requests come through the acceptor instead. Worker thread.
 */
import { isIPv6, type AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { AppHost } from './app-host.ts';

const facades = new WeakMap<Server, ServerFacade>();

/** The one facade of this server; the first call puts it on. */
export function facadeOf(server: Server, host: AppHost): ServerFacade {
  const known = facades.get(server);
  if (known !== undefined) return known;
  const facade = new ServerFacade(server, host);
  facades.set(server, facade);
  return facade;
}

export class ServerFacade {
  readonly server: Server;
  #isListening = false;
  /** The app itself called `listen()`, and not `close()` since. */
  #isOpenForApp = false;

  constructor(server: Server, host: AppHost) {
    this.server = server;
    const close = (callback?: (error?: Error) => void): Server => this.#close(callback);
    const address = (): AddressInfo | string | null => (this.#isListening ? addressOf(host) : null);
    Object.defineProperties(server, {
      listening: { get: () => this.#isListening, configurable: true, enumerable: true },
      address: { value: address, configurable: true, writable: true },
      close: { value: close, configurable: true, writable: true },
    });
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** The app's own `listen()`: succeeds in the next tick, as node's does. */
  listenForApp(onListening?: () => void): void {
    if (this.#isOpenForApp) throw alreadyListens();
    this.#isOpenForApp = true;
    this.#isListening = true;
    process.nextTick(() => {
      if (!this.#isOpenForApp) return;
      this.server.emit('listening');
      onListening?.();
    });
  }

  /** The loader chose this server. Node tracks a server's connections from its first `'listening'` on. */
  serve(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.server.emit('listening');
  }

  /** Calls back, and leaves the lent connections alone: only the acceptor ends them. */
  #close(callback?: (error?: Error) => void): Server {
    const wasListening = this.#isListening;
    if (typeof callback === 'function')
      this.server.once('close', () => callback(wasListening ? undefined : notRunning()));
    this.#isListening = false;
    this.#isOpenForApp = false;
    process.nextTick(() => this.server.emit('close'));
    return this.server;
  }
}

function addressOf({ host, port, path }: AppHost): AddressInfo | string {
  return path ?? { address: host === 'localhost' ? '127.0.0.1' : host, family: isIPv6(host) ? 'IPv6' : 'IPv4', port };
}

/** Node's own code, which apps look at. */
const notRunning = (): Error => Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });

const alreadyListens = (): Error =>
  Object.assign(new Error('Listen method has been called more than once without closing.'), {
    code: 'ERR_SERVER_ALREADY_LISTEN',
  });
