/**
 * What a direct route's handler is given. In come the parts of a request from either kind of loan,
 * out come the values asked for: nothing is parsed, joined or read before. Worker thread.
 */
import type { DirectRequest } from '../load/define-app.ts';
import type { RequestHead } from '../head-parser.ts';
import type { ConnectionAddresses } from '../loan.ts';

export interface DirectRequestParts {
  readonly head: RequestHead;
  /** All of it on a request loan; a stream (iterated at most once) on a connection loan. */
  readonly body: Buffer | AsyncIterable<Uint8Array> | undefined;
  readonly addresses: Pick<ConnectionAddresses, 'remoteAddress'>;
  /** Makes the signal; asked at most once. */
  readonly signal: () => AbortSignal;
}

/** Drops a byte order mark, as `Request.text()` does. */
const utf8 = new TextDecoder();

export class LentDirectRequest implements DirectRequest {
  readonly #parts: DirectRequestParts;
  #headers: RawHeaders | undefined;
  #signal: AbortSignal | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #bytes: Promise<Uint8Array> | undefined;

  constructor(parts: DirectRequestParts) {
    this.#parts = parts;
  }

  get method(): string {
    return this.#parts.head.method;
  }

  get path(): string {
    const { target } = this.#parts.head;
    const queryStart = target.indexOf('?');
    return queryStart === -1 ? target : target.slice(0, queryStart);
  }

  get query(): string {
    const { target } = this.#parts.head;
    const queryStart = target.indexOf('?');
    return queryStart === -1 ? '' : target.slice(queryStart + 1);
  }

  get headers(): RawHeaders {
    return (this.#headers ??= new RawHeaders(this.#parts.head.rawHeaders));
  }

  get remoteAddress(): string | undefined {
    return this.#parts.addresses.remoteAddress;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#parts.signal());
  }

  get body(): ReadableStream<Uint8Array> | null {
    const { body } = this.#parts;
    if (body === undefined) return null;
    return (this.#stream ??= body instanceof Uint8Array ? streamOf(body) : ReadableStream.from(body));
  }

  bytes(): Promise<Uint8Array> {
    return (this.#bytes ??= this.#collect());
  }

  async text(): Promise<string> {
    return utf8.decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async #collect(): Promise<Uint8Array> {
    const { body } = this.#parts;
    if (body === undefined) return new Uint8Array();
    if (body instanceof Uint8Array) return body;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#stream ?? body) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

/** Looks a header up in the list of names and values as they were sent. */
class RawHeaders {
  readonly #list: readonly string[];

  constructor(list: readonly string[]) {
    this.#list = list;
  }

  get(name: string): string | null {
    const wanted = name.toLowerCase();
    let found: string | null = null;
    for (let index = 0; index < this.#list.length; index += 2) {
      const candidate = this.#list[index] as string;
      // The length first: most names differ in it, and lower-casing costs a string.
      if (candidate.length !== wanted.length || candidate.toLowerCase() !== wanted) continue;
      const value = this.#list[index + 1] as string;
      found = found === null ? value : `${found}${wanted === 'cookie' ? '; ' : ', '}${value}`;
    }
    return found;
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}
