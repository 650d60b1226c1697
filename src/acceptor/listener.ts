/**
 * The listener: binds a port or a Unix socket, or adopts one that is bound already, and gives
 * accepted connections as handles. It binds before the app is loaded, so that a taken port is known
 * at once; connections that come before the server is ready are held unread.
 */
import { once } from 'node:events';
import net from 'node:net';
import { createError, createListenError, type ListenTarget } from '../shared/errors.ts';
import { type AcceptedHandle, takeConnections } from './node-internals.ts';

export class Listener {
  readonly #server: net.Server;
  #held: AcceptedHandle[] | undefined = [];
  #onHandle: (handle: AcceptedHandle) => void = ignore;

  private constructor(server: net.Server) {
    this.#server = server;
    takeConnections(server, (error, handle) => {
      // An error says that one connection could not be accepted; the next one is tried all the same.
      if (error !== 0 || handle === undefined) return;
      if (this.#held === undefined) this.#onHandle(handle);
      else this.#held.push(handle);
    });
  }

  /** Binds. Rejects with a ListenError that says what to do. */
  static async bind(target: ListenTarget, backlog: number): Promise<Listener> {
    const server = net.createServer();
    const { host, port, path } = target;
    server.listen(path === undefined ? { host, port, backlog } : { path, backlog });
    try {
      await once(server, 'listening');
    } catch (error) {
      throw createListenError(error as NodeJS.ErrnoException, target);
    }
    return new Listener(server);
  }

  /** Takes over a `net.Server` that listens, or a descriptor that is bound. */
  static async adopt(listener: net.Server | number): Promise<Listener> {
    if (typeof listener === 'number') {
      if (!Number.isInteger(listener) || listener < 0) throw createError('LISTEN_BAD_LISTENER', { got: listener });
      const server = net.createServer();
      server.listen({ fd: listener });
      try {
        await once(server, 'listening');
      } catch (cause) {
        throw createError('LISTEN_FAILED', {
          address: `descriptor ${listener}`,
          reason: (cause as Error).message,
          cause,
        });
      }
      return new Listener(server);
    }
    if (!(listener instanceof net.Server)) throw createError('LISTEN_BAD_LISTENER', { got: listener });
    if (!listener.listening) await once(listener, 'listening');
    return new Listener(listener);
  }

  get address(): net.AddressInfo | string | null {
    return this.#server.address();
  }

  /** Gives the connections that were held, then each as it comes. */
  accept(onHandle: (handle: AcceptedHandle) => void): void {
    this.#onHandle = onHandle;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const handle of held) onHandle(handle);
  }

  /** Closes the listener; accepted connections are not touched, held ones are closed. */
  close(): Promise<void> {
    for (const handle of this.#held ?? []) handle.close();
    this.#held = undefined;
    this.#onHandle = (handle) => handle.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

const ignore = (): void => {};
