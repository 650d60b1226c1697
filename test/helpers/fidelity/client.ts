/**
 * The client's side of a scenario: raw connections, and words with the handler. A wait without an
 * end is a failure of the scenario, not of the test run: every wait gives up.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { type RequestParts, requestText } from './scenario.ts';

/** A wait this long is a hang, also on a machine that is busy with other things. */
const PATIENCE_MS = 15_000;

/** Replies longer than this are compared by their beginning, length and hash. */
const SHOWN_CHARACTERS = 4096;

const DATE = /Date: [^\r]+/g;

/** What is searched for texts: everything that was received, or in a long reply only what came last. */
const SEARCHED_CHARACTERS = 65_536;
const KEPT_CHARACTERS = 256;

export class ClientConnection {
  readonly socket: Socket;
  /** How the server's side stands. */
  state: 'open' | 'ended' | 'reset' = 'open';
  readonly #pieces: Buffer[] = [];
  #receivedBytes = 0;
  #searched = '';
  readonly #changed: () => void;
  readonly #waiting = new Set<() => void>();

  constructor(port: number, changed: () => void) {
    this.#changed = changed;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#receivedBytes += piece.length;
      if (this.#searched.length > SEARCHED_CHARACTERS) this.#searched = this.#searched.slice(-KEPT_CHARACTERS);
      this.#searched += piece.toString('latin1');
      this.#notify();
    });
    this.socket.on('end', () => {
      this.state = 'ended';
      this.#notify();
    });
    this.socket.on('error', () => {
      this.state = 'reset';
      this.#notify();
    });
  }

  /** What was received, without dates, and how the connection stands. */
  describe(): string {
    const text = Buffer.concat(this.#pieces).toString('latin1').replace(DATE, 'Date: now');
    if (text.length <= SHOWN_CHARACTERS) return `${text}[${this.state}]`;
    const hash = createHash('sha1').update(text, 'latin1').digest('hex');
    return `${text.slice(0, SHOWN_CHARACTERS)}... ${text.length} bytes ${hash}[${this.state}]`;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until the text was received. */
  async receive(text: string): Promise<void> {
    await this.until(() => this.#searched.includes(text), text);
  }

  /** Waits until so many bytes were received. */
  async receiveBytes(count: number): Promise<void> {
    await this.until(() => this.#receivedBytes >= count, `${count} bytes`);
  }

  /** Waits until the server has closed its side. */
  async ended(): Promise<void> {
    await this.until(() => this.state !== 'open', 'the end');
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      const rest = deadline - Date.now();
      if (rest <= 0) throw new Error(`The client waited in vain for ${what}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, rest);
        this.#waiting.add(wake);
      });
    }
  }

  /** FIN; the connection goes on receiving. */
  end(): void {
    this.socket.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  #notify(): void {
    this.#changed();
    for (const wake of this.#waiting) wake();
  }
}

/** What the client needs of the thread that serves. */
export interface HostLink {
  readonly port: number;
  readonly name: string;
  readonly run: number;
  readonly extraHeaders: readonly string[];
  /** A body is sent when the handler has seen its head: as what is lent as a connection mostly comes. */
  readonly bodiesComeLater: boolean;
  tell(what: string): void;
  /** Resolves when the handler has reached the place. */
  reaches(place: string): Promise<void>;
  changed(): void;
}

export class Client {
  readonly connections: ClientConnection[] = [];
  readonly #link: HostLink;
  readonly #request: RequestParts;
  #requests = 0;

  constructor(link: HostLink, request: RequestParts) {
    this.#link = link;
    this.#request = request;
  }

  async connect(): Promise<ClientConnection> {
    const connection = new ClientConnection(this.#link.port, this.#link.changed);
    this.connections.push(connection);
    await once(connection.socket, 'connect');
    return connection;
  }

  /** Connects and sends one request: the scenario's own, or the given one. */
  async request(parts: RequestParts = this.#request): Promise<ClientConnection> {
    const connection = await this.connect();
    const text = this.text(parts);
    this.#requests += 1;
    if (this.#link.bodiesComeLater && parts.body !== undefined && parts.body.length > 0) {
      connection.send(text.slice(0, -parts.body.length));
      await this.reaches(`request ${this.#requests}`);
      connection.send(parts.body);
    } else {
      connection.send(text);
    }
    return connection;
  }

  /** The bytes of a request to this scenario. */
  text(parts: RequestParts = this.#request): string {
    return requestText(this.#link.name, this.#link.run, parts, this.#link.extraHeaders);
  }

  /** Waits until the handler has reached a place. */
  async reaches(place: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The handler never reached ${place}`)), PATIENCE_MS);
    });
    await Promise.race([this.#link.reaches(place), patience]);
    clearTimeout(timer);
  }

  /** Tells the handler something that it waits for. */
  tell(what: string): void {
    this.#link.tell(what);
  }

  destroy(): void {
    for (const { socket } of this.connections) socket.destroy();
  }
}
