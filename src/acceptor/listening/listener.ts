/**
 * The listener: binds a port or a Unix socket, or adopts one that is bound already, and gives
 * accepted connections. It binds before the app is loaded, so that a taken port is known
 * at once; connections that come before the server is ready are held unread. It can pause: clients
 * then wait in the system's queue, and none is lost.
 */
import { once } from 'node:events';
import net from 'node:net';
import { createError, createListenError, type ListenTarget } from '../../shared/errors/errors.ts';
import { type Libc, loadLibc, NOTHING_YET } from '../libc.ts';
import { type AcceptedHandle, descriptorOf, takeConnections } from '../node-internals.ts';
import { Incoming } from './incoming.ts';
import { UnixPath } from './unix-path.ts';

/**
 * libuv accepts one connection in a turn of the event loop. With thousands of connections to read a
 * turn takes a tenth of a second, and who comes would wait for many: so many more are taken at once.
 */
const MORE_EACH_TURN = 64;

/** Who hears of every accept, before anybody else does. */
export interface AcceptWatch {
  readonly whenAccepted: (descriptor: number) => void;
  /** A negative errno: one connection could not be accepted. */
  readonly whenFailed: (error: number) => void;
}

export class Listener {
  readonly #libc: Libc;
  readonly #address: net.AddressInfo | string | null;
  readonly #backlog: number | undefined;
  readonly #unixPath: UnixPath | undefined;
  /** The listening socket's second descriptor: it lives while the server is closed. -1: over. */
  #descriptor = -1;
  /** Undefined while paused, and at the end. */
  #server: net.Server | undefined;
  #held: Incoming[] | undefined = [];
  #onIncoming: (incoming: Incoming) => void = ignore;
  #watch: AcceptWatch | undefined;

  private constructor(server: net.Server, backlog: number | undefined) {
    this.#libc = loadLibc();
    this.#backlog = backlog;
    const address = server.address();
    this.#address = address;
    // An abstract socket has no name in the file system.
    const isPath = typeof address === 'string' && !address.startsWith('\0');
    this.#unixPath = isPath ? new UnixPath(address) : undefined;
    this.#take(server);
    this.#descriptor = this.#libc.duplicate(descriptorOf(server));
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
    return new Listener(server, backlog);
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
      return new Listener(server, undefined);
    }
    if (!(listener instanceof net.Server)) throw createError('LISTEN_BAD_LISTENER', { got: listener });
    if (!listener.listening) await once(listener, 'listening');
    return new Listener(listener, undefined);
  }

  /** Null once it is closed. */
  get address(): net.AddressInfo | string | null {
    return this.#descriptor === -1 ? null : this.#address;
  }

  get isPaused(): boolean {
    return this.#server === undefined && this.#descriptor !== -1;
  }

  /** Accepted before anybody wanted them. */
  get heldCount(): number {
    return this.#held?.length ?? 0;
  }

  watch(watch: AcceptWatch): void {
    this.#watch = watch;
  }

  /** Gives the connections that were held, then each as it comes. */
  accept(onIncoming: (incoming: Incoming) => void): void {
    this.#onIncoming = onIncoming;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const incoming of held) onIncoming(incoming);
  }

  /**
   * Accepts no more until `resume()`. A `net.Server` cannot pause: it is closed, and the socket lives
   * on in its second descriptor. False where that can't be done (a Unix socket's name can't be kept).
   */
  pause(): boolean {
    const server = this.#server;
    if (server === undefined) return true;
    const close = (): void => {
      this.#server = undefined;
      server.close();
    };
    if (this.#unixPath === undefined) {
      close();
      return true;
    }
    try {
      this.#unixPath.keepWhile(close);
    } catch {
      return this.#server === undefined;
    }
    return true;
  }

  /** Goes on. False when it can't yet: descriptors are used up. */
  resume(): boolean {
    if (!this.isPaused) return true;
    const server = net.createServer();
    // It says on a later turn what is seen at once, by its missing handle.
    server.on('error', ignore);
    try {
      server.listen({ fd: this.#libc.duplicate(this.#descriptor) }, this.#backlog);
      this.#take(server);
    } catch {
      return false;
    }
    return true;
  }

  /** Closes the listener; accepted connections are not touched, held ones are closed. */
  async close(): Promise<void> {
    for (const incoming of this.#held ?? []) incoming.close();
    this.#held = undefined;
    this.#onIncoming = (incoming) => incoming.close();
    const server = this.#server;
    this.#release();
    if (server !== undefined) await new Promise<void>((resolve) => void server.close(() => resolve()));
    this.#unixPath?.remove();
  }

  #take(server: net.Server): void {
    takeConnections(server, (error, handle) => {
      // An error says that one connection could not be accepted; the next one is tried all the same.
      if (error !== 0 || handle === undefined) {
        this.#watch?.whenFailed(error);
        return;
      }
      this.#give(new Incoming(handle.fd, handle));
      this.#acceptMore(server, handle);
    });
    this.#server = server;
    // Whoever gave it to us may close it: then it is over, and the port free.
    server.once('close', () => {
      if (this.#server === server) this.#release();
    });
  }

  #give(incoming: Incoming): void {
    const { descriptor } = incoming;
    if (this.#held === undefined) this.#onIncoming(incoming);
    else this.#held.push(incoming);
    this.#watch?.whenAccepted(descriptor);
  }

  /** Those that wait behind one that libuv has accepted, as long as nobody has paused or closed meanwhile. */
  #acceptMore(server: net.Server, like: AcceptedHandle): void {
    for (let more = 0; more < MORE_EACH_TURN && this.#server === server; more += 1) {
      const descriptor = this.#libc.acceptNext(this.#descriptor);
      if (descriptor === NOTHING_YET) return;
      if (descriptor < 0) {
        // Heard of here: libuv, once it has none, takes those that wait and closes them without a word.
        this.#watch?.whenFailed(descriptor);
        return;
      }
      this.#give(new Incoming(descriptor, like));
    }
  }

  #release(): void {
    this.#server = undefined;
    if (this.#descriptor !== -1) this.#libc.close(this.#descriptor);
    this.#descriptor = -1;
  }
}

const ignore = (): void => {};
