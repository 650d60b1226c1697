/**
 * One keep-alive connection, one request at a time, for loads that go on whatever a server says: a
 * 503 is an outcome like others, and a connection that the server has closed is opened anew for
 * the next request. All 200s of a connection must have one length. In the generator's process.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ResponseParser } from '../../test/helpers/response-parser.ts';

export type KeepAliveOutcome = 'ok' | 'refused' | 'closed' | 'unanswered' | 'other';

export interface Answer {
  readonly outcome: KeepAliveOutcome;
  /** By `performance.now()`. */
  readonly askedAt: number;
  readonly tookMs: number;
}

const DIGIT_2 = 0x32;
/** Where the status stands in `HTTP/1.1 200`. */
const STATUS_AT = 9;
/** So that a server that is stuck ends the measurement, and not the run. */
const ANSWER_WITHIN_MS = 5_000;

export const getBytes = (target: string): Buffer => Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);

export class KeepAliveClient {
  readonly #port: number;
  #socket: Socket;
  #parser: ResponseParser;
  #isParsing = false;
  /** Of a 200, head and body; 0 before the first. */
  #length = 0;
  #settle: ((outcome: KeepAliveOutcome) => void) | undefined;

  constructor(port: number) {
    this.#port = port;
    this.#parser = this.#readAnswers();
    this.#socket = this.#connect();
  }

  /** So that the first request does not pay for the connection. */
  async connected(): Promise<void> {
    if (this.#socket.connecting) await once(this.#socket, 'connect');
  }

  async ask(bytes: Buffer): Promise<Answer> {
    if (this.#socket.destroyed) this.#socket = this.#connect();
    const askedAt = performance.now();
    const outcome = await new Promise<KeepAliveOutcome>((resolve) => {
      this.#settle = resolve;
      this.#socket.write(bytes);
    });
    return { outcome, askedAt, tookMs: performance.now() - askedAt };
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #connect(): Socket {
    this.#parser = this.#readAnswers();
    this.#isParsing = false;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.setTimeout(ANSWER_WITHIN_MS, () => {
      if (this.#settle === undefined) return;
      socket.destroy();
      this.#end('unanswered');
    });
    socket.on('data', (data) => this.#onData(data));
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      // A later connection's answer is not this one's to end.
      if (socket === this.#socket) this.#end('closed');
    });
    return socket;
  }

  #readAnswers(): ResponseParser {
    return new ResponseParser(({ status, head, body, headers }) => {
      this.#isParsing = false;
      if (status === 200) this.#length = head.length + body.length;
      if (headers.get('connection')?.toLowerCase() === 'close') this.#socket.destroy();
      this.#end(status === 200 ? 'ok' : status === 503 ? 'refused' : 'other');
    });
  }

  #onData(data: Buffer): void {
    // All but the first are known by status and length: reading each would make the generator the bottleneck.
    if (!this.#isParsing && data.length === this.#length && data[STATUS_AT] === DIGIT_2) return this.#end('ok');
    try {
      if (!this.#isParsing) this.#parser.expect('GET');
      this.#isParsing = true;
      this.#parser.push(data);
    } catch {
      this.#socket.destroy();
      this.#end('other');
    }
  }

  #end(outcome: KeepAliveOutcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
