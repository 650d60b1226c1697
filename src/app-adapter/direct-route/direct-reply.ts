/**
 * Replies of direct routes and fetch apps. In comes what a handler returned (a `Response`, or
 * `{ status, headers, body }`), out come a checked `Reply`, and from that the bytes for the wire.
 * A reply with a known body takes no promise and one Buffer. Worker thread.
 */
import { STATUS_CODES } from 'node:http';
import { createError } from '../../shared/errors/errors.ts';
import { type BodySource, type ByteIterator, iterateBytes, peekBody } from './direct-body.ts';
import { FramedBytes } from './direct-framing.ts';
import { type ReplyHeaders, readHeaders } from './direct-headers.ts';
import type { RequestHead } from '../head-parser.ts';
import { httpDate } from './http-date.ts';

/** A reply of which all is checked but a body that streams. */
export interface Reply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: ReplyHeaders;
  readonly body: string | Uint8Array | ByteIterator;
}

/** The reply of a dynamic route as bytes for the wire. */
export interface DirectReply {
  /** Head and body in one Buffer if the body is known. */
  readonly head: Buffer;
  /**
   * The rest, already framed. If it throws, the connection must be cut. Whoever stops early calls
   * its iterator's `return()`, which cancels the source at once.
   */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly keepAlive: boolean;
}

/** For error messages: the route, or how the app got hold of the request. */
export interface ReplyOrigin {
  readonly method: string;
  readonly path: string;
}

const MIN_STATUS = 200;
const MAX_STATUS = 999;

/** Checks what a handler returned. A promise only for a `Response` with a body. */
export function readReply(result: unknown, origin: ReplyOrigin): Reply | Promise<Reply> {
  if (typeof result !== 'object' || result === null) throw badReply(result, origin);
  if (isResponse(result)) return readResponse(result);
  const { status, headers, body } = result as { status?: unknown; headers?: unknown; body?: unknown };
  if (!Number.isInteger(status) || (status as number) < MIN_STATUS || (status as number) > MAX_STATUS) {
    throw badReply(result, origin);
  }
  return {
    status: status as number,
    statusText: STATUS_CODES[status as number] ?? 'Unknown',
    headers: readHeaders(headers),
    body: readBody(body, result, origin),
  };
}

function readBody(body: unknown, result: unknown, origin: ReplyOrigin): Reply['body'] {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body === undefined || body === null) return '';
  if (typeof body === 'object' && Symbol.asyncIterator in body) return iterateBytes(body as BodySource);
  throw badReply(result, origin);
}

function readResponse(response: Response): Reply | Promise<Reply> {
  const { status, body } = response;
  const statusText = response.statusText === '' ? (STATUS_CODES[status] ?? 'Unknown') : response.statusText;
  const headers = readHeaders(response.headers);
  if (body === null) return { status, statusText, headers, body: '' };
  return peekBody(body).then((known) => ({ status, statusText, headers, body: known }));
}

/** By its tag, not by class: it may come from another copy of undici, and most replies are plain objects. */
const isResponse = (result: object): result is Response =>
  (result as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'Response';

const badReply = (got: unknown, { method, path }: ReplyOrigin): Error =>
  createError('ROUTE_BAD_REPLY', { method, path, got });

/** A reply that must have no body has no length either. */
export const isBodiless = ({ status }: Reply): boolean => status === 204 || status === 304;

/** What `content-length` says, if anything. HEAD may name the length of a body that it does not have. */
export function contentLengthOf(reply: Reply, isHead: boolean): number | undefined {
  const { body, headers } = reply;
  if (isBodiless(reply)) return undefined;
  const length = knownLengthOf(body);
  return length === undefined || (isHead && length === 0) ? (headers.declaredLength ?? length) : length;
}

function knownLengthOf(body: Reply['body']): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : undefined;
}

/** The bytes of a reply. `keepAlive` is what the request allows; `onError` hears of a stream that fails. */
export function renderReply(
  reply: Reply,
  { method, isHttp10, keepAlive }: RequestHead,
  onError: (error: unknown) => void,
): DirectReply {
  const { body, headers } = reply;
  const isHead = method === 'HEAD';
  const contentLength = contentLengthOf(reply, isHead);
  const isStream = typeof body !== 'string' && !(body instanceof Uint8Array);
  const hasBody = !isHead && !isBodiless(reply);
  const isChunked = isStream && hasBody && contentLength === undefined && !isHttp10;
  // A stream of unknown length to a client that knows no chunks ends with the connection.
  const endsByClose = isStream && hasBody && contentLength === undefined && isHttp10;
  const staysOpen = keepAlive && !headers.wantsClose && !endsByClose;

  let head = headLines(reply);
  if (isChunked) head += 'transfer-encoding: chunked\r\n';
  else if (contentLength !== undefined) head += `content-length: ${contentLength}\r\n`;
  head += staysOpen ? 'connection: keep-alive\r\n' : 'connection: close\r\n';
  head += headers.hasDate ? '\r\n' : `date: ${httpDate()}\r\n\r\n`;

  if (!isStream) {
    return { head: joinBytes(head, hasBody ? body : '', contentLength ?? 0), body: undefined, keepAlive: staysOpen };
  }
  if (!hasBody) void body.return();
  const rest = hasBody ? new FramedBytes(body, isChunked, contentLength, onError) : undefined;
  return { head: Buffer.from(head, 'latin1'), body: rest, keepAlive: staysOpen };
}

/** The status line and the app's own header lines. */
function headLines({ status, statusText, headers: { pairs } }: Reply): string {
  let lines = `HTTP/1.1 ${status} ${statusText}\r\n`;
  for (let index = 0; index < pairs.length; index += 2) lines += `${pairs[index]}: ${pairs[index + 1]}\r\n`;
  return lines;
}

function joinBytes(head: string, body: string | Uint8Array, bodyLength: number): Buffer {
  if (body.length === 0) return Buffer.from(head, 'latin1');
  const bytes = Buffer.allocUnsafe(head.length + bodyLength);
  bytes.write(head, 0, 'latin1');
  if (typeof body === 'string') bytes.write(body, head.length, 'utf8');
  else bytes.set(body, head.length);
  return bytes;
}
