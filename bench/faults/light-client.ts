/**
 * One keep-alive connection, one request on it at a time, that tells exactly how each ended: the
 * client of the fault bench's load, and of the requests that are the faults. In the process of either.
 */
import { connect, type Socket } from 'node:net';
import type { Ending } from './types.ts';

export interface Answer {
  readonly ending: Ending;
  /** As `200` or `503 thread_failed`; empty without an answer. */
  readonly status: string;
}

/** How a connection ended: `announced` by its last reply, `own` by this side, else without a word. */
export type Over = 'announced' | 'own' | 'reset' | 'closed' | 'unconnected';

const HEAD_END = '\r\n\r\n';
const RESETS = new Set(['ECONNRESET', 'EPIPE']);

export class LightClient {
  readonly #socket: Socket;
  #text = '';
  #settle: ((answer: Answer) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isConnected = false;
  #isReset = false;
  #isAnnounced = false;
  #isOwn = false;

  /** `onOver` runs once; `wasIdle`: no request was on the connection. */
  constructor(port: number, onOver: (how: Over, wasIdle: boolean) => void, onConnect: () => void = () => {}) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('connect', () => {
      this.#isConnected = true;
      onConnect();
    });
    this.#socket.on('data', (text: string) => this.#onData(text));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => (this.#isReset = RESETS.has(error.code ?? '')));
    this.#socket.on('close', () => {
      const wasIdle = this.#settle === undefined;
      const how = this.#howOver();
      onOver(how, wasIdle);
      this.#end(this.#text !== '' ? 'cut' : how === 'reset' || how === 'unconnected' ? how : 'closed');
    });
  }

  /** A request may be sent on it now. */
  get isFree(): boolean {
    return this.#settle === undefined && !this.#isAnnounced && !this.#isOwn && !this.#socket.destroyed;
  }

  /** `settle` runs once. Bytes wait for the connection, if need be. */
  ask(bytes: Buffer, giveUpAfterMs: number, settle: (answer: Answer) => void): void {
    this.#text = '';
    this.#settle = settle;
    this.#timer = setTimeout(() => {
      this.destroy();
      this.#end('given-up');
    }, giveUpAfterMs);
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#isOwn = true;
    this.#socket.destroy();
  }

  #howOver(): Over {
    if (this.#isOwn) return 'own';
    if (this.#isAnnounced) return 'announced';
    if (!this.#isConnected) return 'unconnected';
    return this.#isReset ? 'reset' : 'closed';
  }

  #onData(text: string): void {
    this.#text += text;
    const headLength = this.#text.indexOf(HEAD_END) + HEAD_END.length;
    if (headLength < HEAD_END.length) return;
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(this.#text)?.[1] ?? Number.NaN);
    // All servers here say a length: one that does not is not waited for.
    if (this.#text.length < headLength + length) return;
    this.#isAnnounced = /\r\nconnection: close\r\n/i.test(this.#text.slice(0, headLength));
    const reason = /"error":"(\w+)"/.exec(this.#text.slice(headLength))?.[1];
    const status = this.#text.slice(9, 12);
    this.#text = '';
    this.#end('answered', reason === undefined ? status : `${status} ${reason}`);
    if (this.#isAnnounced) this.#socket.destroySoon();
  }

  #end(ending: Ending, status = ''): void {
    clearTimeout(this.#timer);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({ ending, status });
  }
}
