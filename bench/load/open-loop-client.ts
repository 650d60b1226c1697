/**
 * One keep-alive connection of the open loop, one request on it at a time. It is given up when its
 * answer takes too long, and not used again after a reply that closes. In the generator's process.
 */
import { connect, type Socket } from 'node:net';

export type Outcome = 'ok' | 'refused' | 'given-up' | 'closed' | 'other';

const HEAD_END = '\r\n\r\n';

export class OpenLoopClient {
  readonly #socket: Socket;
  readonly #bytes: Buffer;
  #text = '';
  #settle: ((outcome: Outcome) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `onClose` runs once, when the connection can be used no more. */
  constructor(port: number, bytes: Buffer, onClose: (client: OpenLoopClient) => void) {
    this.#bytes = bytes;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#onData(text));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      onClose(this);
      this.#end('closed');
    });
  }

  /** `settle` runs once, with true if this connection can take another request. */
  ask(giveUpAfterMs: number, settle: (outcome: Outcome, isFree: boolean) => void): void {
    this.#text = '';
    let isFree = false;
    this.#settle = (outcome) => {
      isFree = (outcome === 'ok' || outcome === 'refused') && !/\r\nconnection: close\r\n/i.test(this.#text);
      if (!isFree) this.#socket.destroySoon();
      settle(outcome, isFree);
    };
    this.#timer = setTimeout(() => {
      this.#socket.destroy();
      this.#end('given-up');
    }, giveUpAfterMs);
    this.#socket.write(this.#bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData(text: string): void {
    this.#text += text;
    const headLength = this.#text.indexOf(HEAD_END) + HEAD_END.length;
    if (headLength < HEAD_END.length) return;
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(this.#text)?.[1] ?? Number.NaN);
    // Every server here says a length: one that does not is counted, not waited for.
    if (this.#text.length < headLength + length) return;
    const status = this.#text.slice(9, 12);
    this.#end(status === '200' ? 'ok' : status === '503' ? 'refused' : 'other');
  }

  #end(outcome: Outcome): void {
    clearTimeout(this.#timer);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
