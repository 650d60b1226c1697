/**
 * A direct route whose reply is known when it is registered: whole reply bytes, built once, with 29
 * bytes for the date in them. In comes what `handleStatic` was given, out come bytes for the wire.
 * Worker thread; each thread builds its own.
 */
import { httpDate } from './http-date.ts';

/** The reply bytes for one kind of connection: `connection: keep-alive` or `close`. */
class PrebuiltReply {
  readonly #whole: Buffer;
  readonly #head: Buffer;
  readonly #dateOffset: number;
  #date = '';

  constructor(contentType: string, body: Uint8Array, connection: 'keep-alive' | 'close') {
    const beforeDate =
      'HTTP/1.1 200 OK\r\nServer: Hyperion\r\n' +
      `Content-Type: ${contentType}\r\nContent-Length: ${body.length}\r\nConnection: ${connection}\r\nDate: `;
    const head = Buffer.from(`${beforeDate}${httpDate()}\r\n\r\n`, 'latin1');
    this.#whole = Buffer.concat([head, body]);
    this.#head = this.#whole.subarray(0, head.length);
    this.#dateOffset = beforeDate.length;
  }

  bytes(isHead: boolean): Buffer {
    const date = httpDate();
    if (date !== this.#date) {
      this.#date = date;
      this.#whole.write(date, this.#dateOffset, 'latin1');
    }
    return isHead ? this.#head : this.#whole;
  }
}

export class StaticRoute {
  readonly kind = 'static';
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  /** A copy: what the app does to its own bytes later changes no reply. */
  readonly body: Buffer;
  readonly #keepAlive: PrebuiltReply;
  readonly #close: PrebuiltReply;

  constructor(method: string, path: string, body: string | Uint8Array, contentType: string) {
    this.method = method;
    this.path = path;
    this.contentType = contentType;
    this.body = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    this.#keepAlive = new PrebuiltReply(contentType, this.body, 'keep-alive');
    this.#close = new PrebuiltReply(contentType, this.body, 'close');
  }

  /** The whole reply with the current date. Valid until the next call: the date is spliced in place. */
  reply(isHead: boolean, keepAlive: boolean): Buffer {
    return (keepAlive ? this.#keepAlive : this.#close).bytes(isHead);
  }
}
