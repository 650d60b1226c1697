/**
 * llhttp, node's own parser, as the judge of what a stream of requests says. Goes through the
 * internal `HTTPParser`, because node:http tells neither where a message ends nor what it refused.
 */
import { createRequire } from 'node:module';
import { METHODS } from 'node:http';

export interface LlhttpMessage {
  /** Undefined while the head is unfinished. */
  method: string | undefined;
  url: string;
  version: string;
  rawHeaders: string[];
  keepAlive: boolean;
  bodyBytes: number;
  isComplete: boolean;
}

interface NativeParser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  execute(bytes: Buffer): number | Error;
  close(): void;
  [callback: number]: (...parts: never[]) => unknown;
}

interface NativeParserClass {
  new (): NativeParser;
  readonly REQUEST: number;
  readonly kLenientNone: number;
  readonly kOnMessageBegin: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser } = createRequire(import.meta.url)('_http_common') as { HTTPParser: NativeParserClass };

/** Reads one connection's requests, strictly, in as many pieces as it is fed. */
export class LlhttpReader {
  readonly messages: LlhttpMessage[] = [];
  /** llhttp's reason for refusing; nothing more is read after it. */
  error: string | undefined;
  readonly #parser = new HTTPParser();
  #headers: string[] = [];
  #url = '';

  constructor(maxHeaderBytes = 1 << 20) {
    const parser = this.#parser;
    parser.initialize(HTTPParser.REQUEST, {}, maxHeaderBytes, HTTPParser.kLenientNone);
    parser[HTTPParser.kOnMessageBegin] = () => {
      this.#headers = [];
      this.#url = '';
      this.messages.push({
        method: undefined,
        url: '',
        version: '',
        rawHeaders: [],
        keepAlive: false,
        bodyBytes: 0,
        isComplete: false,
      });
    };
    // Called in between when there are more than 32 header lines.
    parser[HTTPParser.kOnHeaders] = (headers: string[], url: string) => {
      this.#headers.push(...headers);
      this.#url += url;
    };
    parser[HTTPParser.kOnHeadersComplete] = (...parts: HeadersComplete) => {
      const [major, minor, headers, method, url, , , , keepAlive] = parts;
      Object.assign(this.#current, {
        method: METHOD_BY_NUMBER.get(method) ?? `method ${method}`,
        url: url ?? this.#url,
        version: `${major}.${minor}`,
        rawHeaders: headers ?? this.#headers,
        keepAlive,
      });
      return 0;
    };
    parser[HTTPParser.kOnBody] = (bytes: Buffer) => void (this.#current.bodyBytes += bytes.length);
    parser[HTTPParser.kOnMessageComplete] = () => void (this.#current.isComplete = true);
  }

  get completeCount(): number {
    return this.messages.filter((message) => message.isComplete).length;
  }

  get #current(): LlhttpMessage {
    return this.messages.at(-1) as LlhttpMessage;
  }

  feed(bytes: Buffer): this {
    if (this.error !== undefined || bytes.length === 0) return this;
    const result = this.#parser.execute(bytes);
    if (typeof result !== 'number') this.error = result.message;
    return this;
  }

  close(): void {
    this.#parser.close();
  }
}

type HeadersComplete = [
  major: number,
  minor: number,
  headers: string[] | undefined,
  method: number,
  url: string | undefined,
  statusCode: undefined,
  statusMessage: undefined,
  isUpgrade: boolean,
  keepAlive: boolean,
];

/** The list of names that Node exports lacks some, so that its positions are not llhttp's numbers: ask llhttp. */
const METHOD_BY_NUMBER: ReadonlyMap<number, string> = new Map(
  METHODS.map((method) => {
    const parser = new HTTPParser();
    let found = -1;
    parser.initialize(HTTPParser.REQUEST, {}, 1024, HTTPParser.kLenientNone);
    parser[HTTPParser.kOnHeadersComplete] = (...parts: HeadersComplete) => {
      found = parts[3];
      return 0;
    };
    parser.execute(Buffer.from(`${method} ${method === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\nHost: a\r\n\r\n`));
    parser.close();
    return [found, method];
  }),
);
