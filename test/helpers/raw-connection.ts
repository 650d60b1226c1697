/**
 * One client connection for tests that say exactly what they send and when they leave: raw bytes
 * out, strictly parsed responses in. Every wait has an end.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ResponseParser, type ParsedResponse } from './response-parser.ts';

/** How a client leaves: RST, FIN (and waits for the server to close), or a plain close. */
export type Leaving = 'reset' | 'fin' | 'close';

/** Far above what a busy test machine needs: a wait that long is a hang. */
const PATIENCE_MS = 20_000;

export class RawConnection {
  readonly socket: Socket;
  readonly responses: ParsedResponse[] = [];
  error: Error | undefined;
  isClosed = false;
  bytesReceived = 0;
  readonly #parser = new ResponseParser((response) => this.responses.push(response));
  readonly #waiting = new Set<() => void>();

  /** `localAddress`: which address of this machine it comes from. */
  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (bytes) => {
      this.bytesReceived += bytes.length;
      try {
        this.#parser.push(bytes);
      } catch (error) {
        this.error = error as Error;
        this.socket.destroy();
      }
      this.#notify();
    });
    this.socket.on('end', () => {
      this.#parser.end();
      this.socket.end();
    });
    this.socket.on('error', (error) => (this.error ??= error));
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  #notify(): void {
    for (const look of this.#waiting) look();
  }

  /** Expects one response for a request of this method, and sends the bytes. */
  request(bytes: Buffer | string, method = 'GET'): void {
    this.#parser.expect(method);
    this.send(bytes);
  }

  send(bytes: Buffer | string): void {
    if (!this.isClosed) this.socket.write(bytes, 'latin1');
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = (): void => {
        if (isSo()) done();
        else if (this.isClosed) done(new Error(`Closed (${String(this.error)}) before ${what}`));
      };
      const timer = setTimeout(() => done(new Error(`No ${what} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
      this.#waiting.add(look);
    });
  }

  /** The nth final response of this connection, from 1. */
  async response(nth = 1): Promise<ParsedResponse> {
    const finals = (): ParsedResponse[] => this.responses.filter(({ status }) => status >= 200);
    await this.#until(`response ${nth}`, () => finals().length >= nth);
    return finals()[nth - 1] as ParsedResponse;
  }

  /** Resolves when some bytes, at least so many, have come. */
  async received(bytes: number): Promise<void> {
    await this.#until(`${bytes} bytes`, () => this.bytesReceived >= bytes);
  }

  async connected(): Promise<void> {
    if (this.socket.connecting) await once(this.socket, 'connect');
  }

  async closed(): Promise<void> {
    await this.#until('close', () => this.isClosed);
  }

  /** Leaves, and resolves when the connection is over on this side. */
  async leave(how: Leaving): Promise<void> {
    if (this.isClosed) return;
    if (how === 'reset') this.socket.resetAndDestroy();
    else if (how === 'close') this.socket.destroy();
    else {
      this.socket.end();
      this.socket.resume();
    }
    await this.closed();
  }
}
