/**
 * A strict reader of HTTP/1.1 responses, for clients that must notice a single foreign byte. In:
 * the bytes of one connection, and the method of each request in the order sent. Out: whole
 * responses, or a `ProtocolError` at the first byte that no right server would send.
 */

export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

export interface ParsedResponse {
  readonly status: number;
  /** Names in lower case; a repeated name has its values joined by ', '. */
  readonly headers: ReadonlyMap<string, string>;
  /** The head as received, with its empty line, latin1. */
  readonly head: string;
  readonly body: Buffer;
  readonly trailers: ReadonlyMap<string, string>;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const CHUNK_SIZE_LINE = /^[0-9a-fA-F]{1,8}$/;
const NOTHING = Buffer.alloc(0);

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'until-close';

export class ResponseParser {
  readonly #methods: string[] = [];
  readonly #onResponse: (response: ParsedResponse) => void;
  #state: State = 'head';
  #rest: Buffer = NOTHING;
  #left = 0;
  #head = '';
  #status = 0;
  #headers: ReadonlyMap<string, string> = new Map();
  #body: Buffer[] = [];

  /** `onResponse` also gets the 1xx ones; they answer nothing. */
  constructor(onResponse: (response: ParsedResponse) => void) {
    this.#onResponse = onResponse;
  }

  /** A request was sent: one response may come for it, without a body if the method is HEAD. */
  expect(method: string): void {
    this.#methods.push(method);
  }

  /** A response has begun and is not whole. */
  get hasBegun(): boolean {
    return this.#state !== 'head' || this.#rest.length > 0;
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length > 0 && this.#step());
  }

  /** The server has closed: ends a response whose end is the close. */
  end(): void {
    if (this.#state === 'until-close') this.#finish(new Map());
  }

  /** Takes one piece from the rest. False when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#takeHead();
      case 'chunk-size':
        return this.#takeChunkSize();
      case 'chunk-end':
        return this.#takeChunkEnd();
      case 'trailers':
        return this.#takeTrailers();
      case 'until-close':
        this.#body.push(this.#rest);
        this.#rest = NOTHING;
        return false;
      case 'length':
      case 'chunk-data':
        return this.#takeData();
    }
  }

  #takeHead(): boolean {
    if (this.#methods.length === 0) throw new ProtocolError(`Bytes that no request asked for: ${show(this.#rest)}`);
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) {
      if (!'HTTP/1.1 '.startsWith(this.#rest.toString('latin1', 0, 9))) {
        throw new ProtocolError(`Not a response: ${show(this.#rest)}`);
      }
      return false;
    }
    this.#head = this.#rest.toString('latin1', 0, end + 4);
    this.#rest = this.#rest.subarray(end + 4);
    const [statusLine = '', ...lines] = this.#head.slice(0, -4).split('\r\n');
    const status = STATUS_LINE.exec(statusLine)?.[1];
    if (status === undefined) throw new ProtocolError(`Bad status line: ${show(statusLine)}`);
    this.#status = Number(status);
    this.#headers = readFields(lines);
    this.#chooseBody();
    return true;
  }

  #chooseBody(): void {
    const length = this.#headers.get('content-length');
    const coding = this.#headers.get('transfer-encoding');
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new ProtocolError(`Bad content-length ${length}`);
    if (coding !== undefined && (length !== undefined || coding !== 'chunked')) {
      throw new ProtocolError(`Bad framing: content-length ${length}, transfer-encoding ${coding}`);
    }
    const isBodyless =
      this.#status < 200 || this.#status === 204 || this.#status === 304 || this.#methods[0] === 'HEAD';
    if (isBodyless) return this.#finish(new Map());
    if (coding !== undefined) {
      this.#state = 'chunk-size';
    } else if (length !== undefined) {
      this.#left = Number(length);
      if (this.#left === 0) return this.#finish(new Map());
      this.#state = 'length';
    } else if (this.#headers.get('connection') === 'close') {
      this.#state = 'until-close';
    } else {
      throw new ProtocolError(`A response without an end: ${show(this.#head)}`);
    }
  }

  #takeData(): boolean {
    const data = this.#rest.subarray(0, this.#left);
    this.#rest = this.#rest.subarray(data.length);
    this.#left -= data.length;
    this.#body.push(data);
    if (this.#left > 0) return false;
    if (this.#state === 'length') this.#finish(new Map());
    else this.#state = 'chunk-end';
    return true;
  }

  #takeLine(): string | undefined {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return undefined;
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  #takeChunkSize(): boolean {
    const line = this.#takeLine();
    if (line === undefined) {
      if (this.#rest.length > 10) throw new ProtocolError(`Bad chunk size: ${show(this.#rest)}`);
      return false;
    }
    if (!CHUNK_SIZE_LINE.test(line)) throw new ProtocolError(`Bad chunk size: ${show(line)}`);
    this.#left = Number.parseInt(line, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
    return true;
  }

  #takeChunkEnd(): boolean {
    if (this.#rest.length < 2) return false;
    if (this.#takeLine() !== '') throw new ProtocolError('A chunk without its end');
    this.#state = 'chunk-size';
    return true;
  }

  #takeTrailers(): boolean {
    if (this.#rest[0] === 13 && this.#rest[1] === 10) {
      this.#rest = this.#rest.subarray(2);
      this.#finish(new Map());
      return true;
    }
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const trailers = readFields(this.#rest.toString('latin1', 0, end).split('\r\n'));
    this.#rest = this.#rest.subarray(end + 4);
    this.#finish(trailers);
    return true;
  }

  #finish(trailers: ReadonlyMap<string, string>): void {
    const body = this.#body.length === 1 ? (this.#body[0] ?? NOTHING) : Buffer.concat(this.#body);
    const response = { status: this.#status, headers: this.#headers, head: this.#head, body, trailers };
    this.#body = [];
    this.#state = 'head';
    if (this.#status >= 200) this.#methods.shift();
    this.#onResponse(response);
  }
}

const readFields = (lines: readonly string[]): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new ProtocolError(`Bad header line: ${show(line)}`);
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
};

/** The first bytes, printable, for messages. */
export const show = (bytes: Buffer | string): string =>
  JSON.stringify(typeof bytes === 'string' ? bytes.slice(0, 120) : bytes.toString('latin1', 0, 120));
