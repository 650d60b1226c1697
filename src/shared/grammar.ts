/**
 * The grammar of a simple request head, for both sides: the acceptor scans with it (`framing.ts`),
 * the thread parses with it (`head-parser.ts`). What is not simple is no error here: node:http
 * judges it, on a connection loan. Pure functions over bytes that may lie in shared memory; none
 * makes a string or an object.
 *
 * Each exclusion is a place where llhttp (or one of its versions) might read something else than
 * we do, or where strictness is ours to show (`Host`), so that it must not be decided here.
 */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;
export const SLASH = 0x2f;
export const DIGIT_0 = 0x30;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** A class of bytes: 1 for each of the 256 that is in it. */
const byteClass = (isMember: RegExp): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (isMember.test(String.fromCharCode(byte)) ? 1 : 0));

export const METHOD_BYTES: Uint8Array = byteClass(/[A-Z-]/);
/** Exactly what llhttp takes in a target, on every Node. */
export const TARGET_BYTES: Uint8Array = byteClass(/[\x21-\x7e]/);
export const TOKEN_BYTES: Uint8Array = byteClass(/[!#$%&'*+.^_`|~0-9A-Za-z-]/);
/** Everything but controls: TAB and 0x80-0xff are in. */
export const VALUE_BYTES: Uint8Array = byteClass(/[\t\x20-\x7e\x80-\xff]/);
/** Whatever else a Host may hold is left to node:http and our refusals. */
const HOST_NAME_BYTES = byteClass(/[0-9A-Za-z._~-]/);
/** What stands between the brackets of an IPv6 address. */
const HOST_ADDRESS_BYTES = byteClass(/[0-9A-Fa-f:.]/);
const DIGIT_BYTES = byteClass(/[0-9]/);

/** The shortest and the longest methods that llhttp knows are GET and UNSUBSCRIBE; 16 leaves room. */
export const MIN_METHOD_BYTES = 3;
export const MAX_METHOD_BYTES = 16;
/** Far below node's `maxHeadersCount`, where Node 20 drops lines silently and Node 26 answers 431. */
export const MAX_HEADER_LINES = 128;
/** 15 digits are always exact in a double; llhttp's own limit differs between its versions. */
const MAX_LENGTH_DIGITS = 15;
const MAX_PORT_DIGITS = 5;

/** What a header line is to the framing. */
export const FIELD_ORDINARY = 0;
export const FIELD_HOST = 1;
export const FIELD_CONTENT_LENGTH = 2;
export const FIELD_CONNECTION = 3;
/** Its presence alone makes a head not simple. */
export const FIELD_DOUBTFUL = 4;

export const CONNECTION_CLOSE = 1;
export const CONNECTION_KEEP_ALIVE = 2;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** What stands between the target and the last digit of the version. */
export const VERSION_PREFIX: Uint8Array = bytesOf('HTTP/1.');
export const METHOD_HEAD: Uint8Array = bytesOf('HEAD');
export const METHOD_CONNECT: Uint8Array = bytesOf('CONNECT');

const HOST = bytesOf('host');
const CONTENT_LENGTH = bytesOf('content-length');
const CONNECTION = bytesOf('connection');
const TE = bytesOf('te');
const EXPECT = bytesOf('expect');
const UPGRADE = bytesOf('upgrade');
const TRAILER = bytesOf('trailer');
const KEEP_ALIVE = bytesOf('keep-alive');
const HTTP2_SETTINGS = bytesOf('http2-settings');
const PROXY_CONNECTION = bytesOf('proxy-connection');
const TRANSFER_ENCODING = bytesOf('transfer-encoding');
const CLOSE = bytesOf('close');

/** Whether `bytes[from, to)` is exactly `word`. */
export function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if (bytes[from + index] !== word[index]) return false;
  }
  return true;
}

/**
 * As `isWord`, for lower-case words, letters compared without case. Setting bit 0x20 maps only the
 * upper-case letter to the lower-case one; what it does to `-` and digits is nothing, and the
 * controls that it would turn into them are in no class that gets here.
 */
function isWordInAnyCase(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if (((bytes[from + index] as number) | 0x20) !== word[index]) return false;
  }
  return true;
}

/** The kind of the header whose name is the token `bytes[from, to)`. By length first: most names end there. */
export function recogniseField(bytes: Uint8Array, from: number, to: number): number {
  switch (to - from) {
    case 4:
      return isWordInAnyCase(bytes, from, to, HOST) ? FIELD_HOST : FIELD_ORDINARY;
    case 10:
      if (isWordInAnyCase(bytes, from, to, CONNECTION)) return FIELD_CONNECTION;
      return isWordInAnyCase(bytes, from, to, KEEP_ALIVE) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    case 14:
      if (isWordInAnyCase(bytes, from, to, CONTENT_LENGTH)) return FIELD_CONTENT_LENGTH;
      return isWordInAnyCase(bytes, from, to, HTTP2_SETTINGS) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    case 2:
      return isWordInAnyCase(bytes, from, to, TE) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    case 6:
      return isWordInAnyCase(bytes, from, to, EXPECT) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    case 7:
      if (isWordInAnyCase(bytes, from, to, UPGRADE)) return FIELD_DOUBTFUL;
      return isWordInAnyCase(bytes, from, to, TRAILER) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    case 16:
      return isWordInAnyCase(bytes, from, to, PROXY_CONNECTION) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    case 17:
      return isWordInAnyCase(bytes, from, to, TRANSFER_ENCODING) ? FIELD_DOUBTFUL : FIELD_ORDINARY;
    default:
      return FIELD_ORDINARY;
  }
}

/*
 * The three values that the framing reads. `bytes[from, to)` is what stands between the colon and
 * CR LF. Spaces around the value are skipped; a TAB is not, because Node 20's llhttp refuses one
 * where Node 26's takes it.
 */

const skipSpaces = (bytes: Uint8Array, from: number, to: number): number => {
  while (from < to && bytes[from] === SPACE) from++;
  return from;
};

const trimSpaces = (bytes: Uint8Array, from: number, to: number): number => {
  while (to > from && bytes[to - 1] === SPACE) to--;
  return to;
};

const skipClass = (bytes: Uint8Array, from: number, to: number, members: Uint8Array): number => {
  while (from < to && members[bytes[from] as number] === 1) from++;
  return from;
};

/** The length in bytes; -1 if the value is not 1-15 digits. */
export function readContentLength(bytes: Uint8Array, from: number, to: number): number {
  const first = skipSpaces(bytes, from, to);
  const last = trimSpaces(bytes, first, to);
  if (last === first || last - first > MAX_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let at = first; at < last; at++) {
    const digit = (bytes[at] as number) - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** `CONNECTION_CLOSE` or `CONNECTION_KEEP_ALIVE`; -1 if the value is anything else, a list among it. */
export function readConnection(bytes: Uint8Array, from: number, to: number): number {
  const first = skipSpaces(bytes, from, to);
  const last = trimSpaces(bytes, first, to);
  // The | 0x20 comparison needs bytes without controls: a TAB would pass for `)`, a CR for `-`.
  if (skipClass(bytes, first, last, TOKEN_BYTES) !== last) return -1;
  if (isWordInAnyCase(bytes, first, last, KEEP_ALIVE)) return CONNECTION_KEEP_ALIVE;
  return isWordInAnyCase(bytes, first, last, CLOSE) ? CONNECTION_CLOSE : -1;
}

/** Whether the value is a plain host: a name or a bracketed address, and a port of 1-5 digits or none. */
export function isPlainHost(bytes: Uint8Array, from: number, to: number): boolean {
  const first = skipSpaces(bytes, from, to);
  const last = trimSpaces(bytes, first, to);
  const hostEnd = skipHost(bytes, first, last);
  if (hostEnd === first) return false;
  if (hostEnd === last) return true;
  if (bytes[hostEnd] !== COLON) return false;
  const portDigits = last - hostEnd - 1;
  return portDigits >= 1 && portDigits <= MAX_PORT_DIGITS && skipClass(bytes, hostEnd + 1, last, DIGIT_BYTES) === last;
}

/** Where the host ends and the port may begin; `from` if there is none. */
function skipHost(bytes: Uint8Array, from: number, to: number): number {
  if (from === to || bytes[from] !== OPEN_BRACKET) return skipClass(bytes, from, to, HOST_NAME_BYTES);
  const addressEnd = skipClass(bytes, from + 1, to, HOST_ADDRESS_BYTES);
  const isClosed = addressEnd > from + 1 && addressEnd < to && bytes[addressEnd] === CLOSE_BRACKET;
  return isClosed ? addressEnd + 1 : from;
}
