/**
 * Parses a simple request head in the thread: the same grammar as the acceptor's scan, and the
 * strings that a request needs. In comes the head that the acceptor framed, maybe a view on shared
 * memory; out comes a copy that no longer depends on it, or nothing if the two sides do not agree.
 */
import { METHODS } from 'node:http';
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
  METHOD_BYTES,
  SLASH,
  SPACE,
  TAB,
  TARGET_BYTES,
  TOKEN_BYTES,
  VALUE_BYTES,
  VERSION_PREFIX,
  isPlainHost,
  isWord,
  readConnection,
  readContentLength,
  recogniseField,
} from '../shared/grammar.ts';

export interface RequestHead {
  /** One of `http.METHODS`. */
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly isHttp10: boolean;
  /** Name, value, name, value ... as sent, latin1, values without the white space around them. */
  readonly rawHeaders: string[];
  /** Bytes of body that follow; 0 if the head names none. */
  readonly contentLength: number;
  /** What the request asks for; false once the server drains. */
  keepAlive: boolean;
}

/** By text, to give out one string for each method. CONNECT is no request with a target of ours. */
const METHODS_BY_TEXT = new Map(METHODS.filter((method) => method !== 'CONNECT').map((method) => [method, method]));

/** The empty line that ends the last line's bytes too: nothing shorter than this can be skipped over. */
const hasEmptyLineAtEnd = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start >= 4 && bytes[end - 4] === CR && bytes[end - 3] === LF && bytes[end - 2] === CR && bytes[end - 1] === LF;

/** Goes over bytes of one class. The CR at the end is in none, so that no bounds need checking. */
const skipClass = (bytes: Uint8Array, at: number, members: Uint8Array): number => {
  while (members[bytes[at] as number] === 1) at++;
  return at;
};

const skipWhiteSpace = (bytes: Uint8Array, at: number): number => {
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
};

const trimWhiteSpace = (bytes: Uint8Array, from: number, to: number): number => {
  while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
  return to;
};

/**
 * `bytes[start, end)` is the head as it was framed: from its first byte to behind the empty line.
 * Undefined if that is not exactly one simple head, or its method is none of `http.METHODS`. The
 * caller compares `contentLength` with the frame's.
 */
export function parseHead(bytes: Buffer, start: number, end: number): RequestHead | undefined {
  if (!hasEmptyLineAtEnd(bytes, start, end)) return undefined;
  // One copy out of the shared memory; the rest are slices of it.
  const text = bytes.toString('latin1', start, end);

  const methodEnd = skipClass(bytes, start, METHOD_BYTES);
  const method = METHODS_BY_TEXT.get(text.slice(0, methodEnd - start));
  if (method === undefined || bytes[methodEnd] !== SPACE || bytes[methodEnd + 1] !== SLASH) return undefined;
  const targetEnd = skipClass(bytes, methodEnd + 1, TARGET_BYTES);
  const target = text.slice(methodEnd + 1 - start, targetEnd - start);
  const digitAt = targetEnd + 1 + VERSION_PREFIX.length;
  if (bytes[targetEnd] !== SPACE || !isWord(bytes, targetEnd + 1, digitAt, VERSION_PREFIX)) return undefined;
  const isHttp10 = bytes[digitAt] === DIGIT_0;
  if ((!isHttp10 && bytes[digitAt] !== DIGIT_0 + 1) || bytes[digitAt + 1] !== CR || bytes[digitAt + 2] !== LF)
    return undefined;

  const rawHeaders: string[] = [];
  let hasHost = false;
  let contentLength = -1;
  let connection = 0;
  let at = digitAt + 3;
  while (bytes[at] !== CR) {
    const nameEnd = skipClass(bytes, at, TOKEN_BYTES);
    if (nameEnd === at || bytes[nameEnd] !== COLON || rawHeaders.length === 2 * MAX_HEADER_LINES) return undefined;
    const lineEnd = skipClass(bytes, nameEnd + 1, VALUE_BYTES);
    if (bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF) return undefined;
    switch (recogniseField(bytes, at, nameEnd)) {
      case FIELD_ORDINARY:
        break;
      case FIELD_HOST:
        if (hasHost || !isPlainHost(bytes, nameEnd + 1, lineEnd)) return undefined;
        hasHost = true;
        break;
      case FIELD_CONTENT_LENGTH:
        if (contentLength !== -1) return undefined;
        contentLength = readContentLength(bytes, nameEnd + 1, lineEnd);
        if (contentLength === -1) return undefined;
        break;
      case FIELD_CONNECTION:
        if (connection !== 0) return undefined;
        connection = readConnection(bytes, nameEnd + 1, lineEnd);
        if (connection === -1) return undefined;
        break;
      case FIELD_DOUBTFUL:
        return undefined;
    }
    const valueStart = skipWhiteSpace(bytes, nameEnd + 1);
    const valueEnd = trimWhiteSpace(bytes, valueStart, lineEnd);
    rawHeaders.push(text.slice(at - start, nameEnd - start), text.slice(valueStart - start, valueEnd - start));
    at = lineEnd + 2;
  }
  if (at + 2 !== end || (!hasHost && !isHttp10)) return undefined;

  return {
    method,
    target,
    isHttp10,
    rawHeaders,
    contentLength: contentLength === -1 ? 0 : contentLength,
    keepAlive: isHttp10 ? connection === CONNECTION_KEEP_ALIVE : connection !== CONNECTION_CLOSE,
  };
}
