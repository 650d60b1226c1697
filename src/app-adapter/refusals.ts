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
} from '../shared/replies.ts';

export interface HeadLimits {
  readonly maxHeaderBytes: number;
  /** 0: off. */
  readonly maxBodyBytes: number;
}

/** What of a request the judgement needs. */
export type JudgedHead = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders'>;

/** RFC 9110 section 7.2: uri-host [ ":" port ], or empty where the target has no authority. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[A-Za-z0-9:.%_~-]+\])(?::\d*)?$/;

/** Node 20 drops the lines above its `maxHeadersCount` of 1,000 silently; Node 26 answers 431. */
const MAX_HEADER_LINES = 1000;

/** Method, two spaces, "HTTP/1.1", two line ends; a colon, a space and a line end for each field. */
const REQUEST_LINE_EXTRA = 14;
const FIELD_EXTRA = 4;

/** The reply that a whole head deserves instead of the app, or undefined. */
export function judgeHead(head: JudgedHead, limits: HeadLimits): CannedReply | undefined {
  let headBytes = REQUEST_LINE_EXTRA + (head.method?.length ?? 0) + (head.url?.length ?? 0);
  let hosts = 0;
  let codings = 0;
  let contentLength = 0;
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
        codings += 1;
        break;
      case 'content-length':
        contentLength = Number(value);
        break;
      default:
    }
  }
  if (headBytes > limits.maxHeaderBytes || rawHeaders.length >= 2 * MAX_HEADER_LINES) return HEADERS_TOO_LARGE;
  const isHttp11 = head.httpVersion === '1.1';
  if (!isHttp11 && head.httpVersion !== '1.0') return BAD_REQUEST;
  if (hosts > 1 || (hosts === 0 && isHttp11)) return BAD_REQUEST;
  // A 1.0 client cannot know of codings: whoever sent this, something in between reads another length.
  if (codings > 1 || (codings === 1 && !isHttp11)) return BAD_REQUEST;
  if (limits.maxBodyBytes > 0 && contentLength > limits.maxBodyBytes) return PAYLOAD_TOO_LARGE;
  return undefined;
}

/** What node's parser says about a request whose last coding is not chunked. */
const UNKNOWN_CODING = 'Request has invalid `Transfer-Encoding`';

/** The reply to bytes that node's parser refused, or undefined if the error is the connection's own. */
export function refusalOf(error: NodeJS.ErrnoException & { reason?: unknown }): CannedReply | undefined {
  if (error.code === undefined || !error.code.startsWith('HPE_')) return undefined;
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return HEADERS_TOO_LARGE;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return PAYLOAD_TOO_LARGE;
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return error.reason === UNKNOWN_CODING ? NOT_IMPLEMENTED : BAD_REQUEST;
    default:
      return BAD_REQUEST;
  }
}
