/**
 * What a connection loan refuses by itself, and with which reply: pure functions of what node's
 * parser read or of the error it gave. Stricter than node:http where node:http would serve what two
 * servers may read differently. Worker threads.
 */
import type { IncomingMessage } from 'node:http';
import {
  BAD_REQUEST,
  HEADERS_TOO_LARGE,
  NOT_IMPLEMENTED,
  PAYLOAD_TOO_LARGE,
  type CannedReply,
} from '../../shared/replies.ts';

export interface HeadLimits {
  readonly maxHeaderBytes: number;
  /** 0: off. */
  readonly maxBodyBytes: number;
}

/** What of a request the judgement needs. */
export type JudgedHead = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders'>;

/** RFC 9110 section 7.2: uri-host [ ":" port ], or empty where the target has no authority. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[A-Za-z0-9:.%_~-]+\])(?::\d*)?$/;

/** The length of a body is known only then. */
const LAST_IS_CHUNKED = /(?:^|,)[ \t]*chunked[ \t]*$/i;

/** Node 20 drops the lines above its `maxHeadersCount` of 1,000 silently; Node 26 answers 431. */
const MAX_HEADER_LINES = 1000;

/** Method, two spaces, "HTTP/1.1", two line ends; a colon, a space and a line end for each field. */
const REQUEST_LINE_EXTRA = 14;
const FIELD_EXTRA = 4;

/** The reply that a whole head deserves instead of the app, or undefined. */
export function judgeHead(head: JudgedHead, limits: HeadLimits): CannedReply | undefined {
  let headBytes = REQUEST_LINE_EXTRA + (head.method?.length ?? 0) + (head.url?.length ?? 0);
  let hosts = 0;
  let codings: string | undefined;
  let contentLength: string | undefined;
  const { rawHeaders } = head;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] as string;
    headBytes += name.length + value.length + FIELD_EXTRA;
    switch (name.toLowerCase()) {
      case 'host':
        hosts += 1;
        if (!HOST.test(value)) return BAD_REQUEST;
        break;
      case 'transfer-encoding':
        // Two lines may be joined, or one of them overlooked: then the length is another.
        if (codings !== undefined) return BAD_REQUEST;
        codings = value;
        break;
      case 'content-length':
        // An app's `insecureHTTPParser` lets such things through.
        if (contentLength !== undefined) return BAD_REQUEST;
        contentLength = value;
        break;
      default:
    }
  }
  if (headBytes > limits.maxHeaderBytes || rawHeaders.length >= 2 * MAX_HEADER_LINES) return HEADERS_TOO_LARGE;
  const isHttp11 = head.httpVersion === '1.1';
  if (!isHttp11 && head.httpVersion !== '1.0') return BAD_REQUEST;
  if (hosts > 1 || (hosts === 0 && isHttp11)) return BAD_REQUEST;
  if (codings !== undefined) {
    // A 1.0 client cannot know of codings: whoever sent this, something in between reads another length.
    if (!isHttp11 || contentLength !== undefined) return BAD_REQUEST;
    // Node shows such a request to the app before its parser refuses the body, and Node 20 takes an
    // empty value for no body at all.
    if (!LAST_IS_CHUNKED.test(codings)) return NOT_IMPLEMENTED;
  }
  if (limits.maxBodyBytes > 0 && Number(contentLength ?? 0) > limits.maxBodyBytes) return PAYLOAD_TOO_LARGE;
  return undefined;
}

/** What node's parser adds to an error. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly reason?: string;
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** The reply to bytes that node's parser refused, or undefined if the error is the connection's own. */
export function refusalOf(error: ParserError): CannedReply | undefined {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return HEADERS_TOO_LARGE;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return PAYLOAD_TOO_LARGE;
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return isOneUnknownCoding(error) ? NOT_IMPLEMENTED : BAD_REQUEST;
    default:
      return error.code?.startsWith('HPE_') === true ? BAD_REQUEST : undefined;
  }
}

/** As `judgeHead` tells them apart: the parser gives one code for all that it refuses in codings. */
function isOneUnknownCoding({ reason, rawPacket, bytesParsed }: ParserError): boolean {
  if (reason?.includes('Content-Length') === true || rawPacket === undefined) return false;
  const head = rawPacket.toString('latin1', 0, bytesParsed).split('\r\n\r\n').at(-1) ?? '';
  return (head.match(/^transfer-encoding:/gim)?.length ?? 0) < 2;
}
