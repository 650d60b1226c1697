/**
 * Finds the end of a request head without understanding it: the acceptor's hottest loop. In come
 * the bytes that a connection has received, out come the verdict and the few facts that are needed
 * to lend the request or to answer it. One byte loop, no strings, no allocation; it keeps its place
 * between reads, at any cut. Main thread. `head-parser.ts` reads the same grammar in the thread.
 */
import {
  COLON,
  CONNECTION_CLOSE,
  CONNECTION_KEEP_ALIVE,
  CR,
  DIGIT_0,
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_DOUBTFUL,
  FIELD_HOST,
  FIELD_ORDINARY,
  LF,
  MAX_HEADER_LINES,
  MAX_METHOD_BYTES,
  METHOD_BYTES,
  METHOD_CONNECT,
  METHOD_HEAD,
  MIN_METHOD_BYTES,
  SLASH,
  SPACE,
  TARGET_BYTES,
  TOKEN_BYTES,
  VALUE_BYTES,
  VERSION_PREFIX,
  isPlainHost,
  isWord,
  readConnection,
  readContentLength,
  recogniseField,
} from '../../shared/grammar.ts';

/*
 * V8 compiles a module's own constants into the code, but loads imported ones anew each time: a
 * third of the scan's time on Node 20.
 */
const methodBytes = METHOD_BYTES;
const targetBytes = TARGET_BYTES;
const tokenBytes = TOKEN_BYTES;
const valueBytes = VALUE_BYTES;

/** The head has not ended; so far it can still become a simple one. */
export const HEAD_INCOMPLETE = 0;
/** Whole and simple: the facts below are set. */
export const HEAD_SIMPLE = 1;
/** Can no longer become a simple head: node:http's to judge. */
export const HEAD_NOT_SIMPLE = 2;
/** No end of the head within `maxHeaderBytes`. */
export const HEAD_TOO_LARGE = 3;

export type HeadVerdict = typeof HEAD_INCOMPLETE | typeof HEAD_SIMPLE | typeof HEAD_NOT_SIMPLE | typeof HEAD_TOO_LARGE;

/** What the next byte belongs to. */
const LEADING = 0;
const LEADING_LF = 1;
const METHOD = 2;
const TARGET_START = 3;
const TARGET = 4;
const VERSION = 5;
const LINE_LF = 6;
const LINE_START = 7;
const NAME = 8;
const VALUE = 9;
const END_LF = 10;

/** Place kept between the reads of one head, then the facts about it. Reusable; numbers and booleans only. */
export class HeadScan {
  /** Where the head begins, relative to the request's start: behind the empty lines that llhttp skips too. */
  headStart = 0;
  /** Behind the empty line that ends the head, relative to the request's start. */
  headEnd = 0;
  /** Bytes of body that follow; 0 if the head names none. */
  contentLength = 0;
  isHead = false;
  isHttp10 = false;
  /** What the request asks for: in 1.1 unless it says close, in 1.0 only if it says keep-alive. */
  keepAlive = false;
  /** A byte of the head itself was seen, not only leading CR LF. */
  hasBegun = false;

  #state = LEADING;
  /** How many bytes of the request are scanned. */
  #scanned = 0;
  /** Where the current method, version, name or value began, relative to the request's start. */
  #mark = 0;
  /** Kind of the header whose value is being scanned. */
  #field = FIELD_ORDINARY;
  #lines = 0;
  #hasHost = false;
  #hasLength = false;
  /** 0 until a Connection line was read. */
  #connection = 0;

  /** Makes it ready for the next request. */
  reset(): void {
    this.headStart = 0;
    this.headEnd = 0;
    this.contentLength = 0;
    this.isHead = false;
    this.isHttp10 = false;
    this.keepAlive = false;
    this.hasBegun = false;
    this.#state = LEADING;
    this.#scanned = 0;
    this.#mark = 0;
    this.#field = FIELD_ORDINARY;
    this.#lines = 0;
    this.#hasHost = false;
    this.#hasLength = false;
    this.#connection = 0;
  }

  /**
   * `bytes[start, end)` is all that has come of this request, from the same first byte each time
   * (it may have moved); scanning goes on where the last call stopped. The verdict does not depend
   * on how the bytes were cut. After any verdict but `HEAD_INCOMPLETE`: `reset()` before the next.
   * `maxHeaderBytes` counts the leading CR LFs too, so that they cannot go on for ever; 0 is no limit.
   */
  scan(bytes: Uint8Array, start: number, end: number, maxHeaderBytes: number): HeadVerdict {
    const isOverLimit = maxHeaderBytes !== 0 && end - start > maxHeaderBytes;
    const limit = isOverLimit ? start + maxHeaderBytes : end;
    let at = start + this.#scanned;
    let mark = start + this.#mark;
    let state = this.#state;

    scanning: for (; at < limit; at++) {
      let byte = bytes[at] as number;
      switch (state) {
        case LEADING:
          if (byte === CR) {
            state = LEADING_LF;
            continue;
          }
          this.hasBegun = true;
          this.headStart = at - start;
          mark = at;
          state = METHOD;
          at--; // this byte is the method's first
          continue;
        case METHOD:
          while (methodBytes[byte] === 1) {
            if (at - mark === MAX_METHOD_BYTES) return HEAD_NOT_SIMPLE;
            if (++at === limit) break scanning;
            byte = bytes[at] as number;
          }
          if (byte !== SPACE || at - mark < MIN_METHOD_BYTES || isWord(bytes, mark, at, METHOD_CONNECT)) {
            return HEAD_NOT_SIMPLE;
          }
          this.isHead = isWord(bytes, mark, at, METHOD_HEAD);
          state = TARGET_START;
          continue;
        case TARGET_START:
          if (byte !== SLASH) return HEAD_NOT_SIMPLE;
          state = TARGET;
          continue;
        case TARGET:
          while (targetBytes[byte] === 1) {
            if (++at === limit) break scanning;
            byte = bytes[at] as number;
          }
          if (byte !== SPACE) return HEAD_NOT_SIMPLE;
          mark = at + 1;
          state = VERSION;
          continue;
        case VERSION: {
          const index = at - mark;
          if (index < VERSION_PREFIX.length) {
            if (byte !== VERSION_PREFIX[index]) return HEAD_NOT_SIMPLE;
          } else if (index === VERSION_PREFIX.length) {
            if (byte !== DIGIT_0 && byte !== DIGIT_0 + 1) return HEAD_NOT_SIMPLE;
            this.isHttp10 = byte === DIGIT_0;
          } else {
            if (byte !== CR) return HEAD_NOT_SIMPLE;
            state = LINE_LF;
          }
          continue;
        }
        case LEADING_LF:
        case LINE_LF:
          if (byte !== LF) return HEAD_NOT_SIMPLE;
          state = state === LINE_LF ? LINE_START : LEADING;
          continue;
        case LINE_START:
          if (byte === CR) {
            if (!this.#hasHost && !this.isHttp10) return HEAD_NOT_SIMPLE;
            state = END_LF;
            continue;
          }
          if (++this.#lines > MAX_HEADER_LINES) return HEAD_NOT_SIMPLE;
          mark = at;
          state = NAME;
          at--; // this byte is the name's first
          continue;
        case NAME:
          while (tokenBytes[byte] === 1) {
            if (++at === limit) break scanning;
            byte = bytes[at] as number;
          }
          if (byte !== COLON || at === mark || !this.#beginField(recogniseField(bytes, mark, at))) {
            return HEAD_NOT_SIMPLE;
          }
          mark = at + 1;
          state = VALUE;
          continue;
        case VALUE:
          while (valueBytes[byte] === 1) {
            if (++at === limit) break scanning;
            byte = bytes[at] as number;
          }
          if (byte !== CR || (this.#field !== FIELD_ORDINARY && !this.#readValue(bytes, mark, at))) {
            return HEAD_NOT_SIMPLE;
          }
          state = LINE_LF;
          continue;
        case END_LF:
          if (byte !== LF) return HEAD_NOT_SIMPLE;
          this.headEnd = at + 1 - start;
          this.keepAlive = this.isHttp10
            ? this.#connection === CONNECTION_KEEP_ALIVE
            : this.#connection !== CONNECTION_CLOSE;
          return HEAD_SIMPLE;
      }
    }

    if (isOverLimit) return HEAD_TOO_LARGE;
    this.#scanned = at - start;
    this.#mark = mark - start;
    this.#state = state;
    return HEAD_INCOMPLETE;
  }

  /** False if this line, or a second one of its kind, makes the head not simple. */
  #beginField(field: number): boolean {
    this.#field = field;
    switch (field) {
      case FIELD_HOST:
        return !this.#hasHost;
      case FIELD_CONTENT_LENGTH:
        return !this.#hasLength;
      case FIELD_CONNECTION:
        return this.#connection === 0;
      default:
        return field !== FIELD_DOUBTFUL;
    }
  }

  /** Reads the value of a Host, Content-Length or Connection line. False if it is not the plain form. */
  #readValue(bytes: Uint8Array, from: number, to: number): boolean {
    switch (this.#field) {
      case FIELD_HOST:
        this.#hasHost = true;
        return isPlainHost(bytes, from, to);
      case FIELD_CONTENT_LENGTH:
        this.#hasLength = true;
        this.contentLength = readContentLength(bytes, from, to);
        return this.contentLength !== -1;
      default:
        this.#connection = readConnection(bytes, from, to);
        return this.#connection !== -1;
    }
  }
}
