/**
 * The replies that the server itself gives, built once. All have a content-length and no date, so
 * that their bytes never change. A Buffer can't be frozen: it stays private to its user, and what
 * is exported publicly is the string.
 */

/** One reply in the four forms it can be needed in. */
export interface CannedReply {
  readonly status: number;
  /** The whole reply, latin1. */
  readonly text: string;
  readonly bytes: Buffer;
  /** The head alone, for HEAD. */
  readonly headBytes: Buffer;
  /** As `bytes` and `headBytes`, with `connection: close` if the reply itself does not say so. */
  readonly closeBytes: Buffer;
  readonly closeHeadBytes: Buffer;
  /** Whether the connection ends with this reply whatever the client asked for. */
  readonly closes: boolean;
}

const buildReply = (status: number, reason: string, headers: readonly string[], body: string): CannedReply => {
  const head = (lines: readonly string[]): string => `HTTP/1.1 ${status} ${reason}\r\n${lines.join('\r\n')}\r\n\r\n`;
  const closes = headers.includes('connection: close');
  const closing = closes ? headers : [...headers, 'connection: close'];
  return Object.freeze({
    status,
    text: head(headers) + body,
    bytes: Buffer.from(head(headers) + body, 'latin1'),
    headBytes: Buffer.from(head(headers), 'latin1'),
    closeBytes: Buffer.from(head(closing) + body, 'latin1'),
    closeHeadBytes: Buffer.from(head(closing), 'latin1'),
    closes,
  });
};

const withBody = (
  status: number,
  reason: string,
  contentType: string,
  body: string,
  extra: readonly string[],
): CannedReply =>
  buildReply(
    status,
    reason,
    [`content-type: ${contentType}`, `content-length: ${Buffer.byteLength(body)}`, ...extra],
    body,
  );

const CLOSE = 'connection: close';

export const SERVER_BUSY: CannedReply = withBody(
  503,
  'Service Unavailable',
  'application/json',
  '{"error":"server_busy","retry_after_seconds":1}\n',
  ['retry-after: 1', CLOSE],
);

export const THREAD_FAILED: CannedReply = withBody(
  503,
  'Service Unavailable',
  'application/json',
  '{"error":"thread_failed"}\n',
  [],
);

/** To one request of a connection that has too many; the connection lives on. */
export const CONNECTION_BUSY: CannedReply = withBody(
  503,
  'Service Unavailable',
  'text/plain',
  'per-connection overload, retry\n',
  ['retry-after: 1'],
);

export const HANDLER_TIMEOUT: CannedReply = withBody(
  504,
  'Gateway Timeout',
  'application/json',
  '{"error":"handler_timeout"}\n',
  [],
);

export const BAD_REQUEST: CannedReply = withBody(400, 'Bad Request', 'text/plain', 'Bad Request', [CLOSE]);

export const REQUEST_TIMEOUT: CannedReply = buildReply(408, 'Request Timeout', [CLOSE, 'content-length: 0'], '');

export const PAYLOAD_TOO_LARGE: CannedReply = withBody(413, 'Payload Too Large', 'text/plain', 'payload too large\n', [
  CLOSE,
]);

export const HEADERS_TOO_LARGE: CannedReply = withBody(
  431,
  'Request Header Fields Too Large',
  'text/plain',
  'Request Header Fields Too Large',
  [CLOSE],
);

export const INTERNAL_SERVER_ERROR: CannedReply = withBody(
  500,
  'Internal Server Error',
  'text/plain',
  'Internal Server Error',
  [],
);

export const NOT_IMPLEMENTED: CannedReply = withBody(501, 'Not Implemented', 'text/plain', 'Not Implemented', [CLOSE]);
