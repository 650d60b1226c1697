/**
 * What must hold of any bytes that the framing looks at: the verdict does not depend on the cuts,
 * scan and parser agree, and what they take for a simple head is the same to llhttp in every
 * respect. Scan and parser are given, so that a test can show that a wrong one is noticed.
 */
import { METHODS } from 'node:http';
import {
  HEAD_INCOMPLETE,
  HEAD_NOT_SIMPLE,
  HEAD_SIMPLE,
  type HeadScan,
  type HeadVerdict,
} from '../../src/acceptor/framing/framing.ts';
import type { RequestHead } from '../../src/app-adapter/head-parser.ts';
import { LlhttpReader } from './llhttp.ts';

export type Scan = Pick<
  HeadScan,
  'reset' | 'scan' | 'headStart' | 'headEnd' | 'contentLength' | 'keepAlive' | 'isHead'
>;
export type ParseHead = (bytes: Buffer, start: number, end: number) => RequestHead | undefined;

export interface Checked {
  verdict: HeadVerdict;
  /** The first thing that is not as it must be. */
  fault: string | undefined;
}

const MAX_HEADER_BYTES = 16_384;
/** Bodies up to here are really sent to llhttp; of longer ones only that they have not ended. */
const MAX_BODY_BYTES = 4_096;
const MARKER = Buffer.from('GET /marker HTTP/1.1\r\nHost: marker\r\n\r\n');

/** The bytes in the middle of others, so that reading one too many shows. Shared, as in the request ring. */
const surround = (bytes: Buffer): { bytes: Buffer; start: number; end: number } => {
  const start = 7;
  const around = Buffer.from(new SharedArrayBuffer(start + bytes.length + 4));
  around.write('X: y\r\n\r', 0, 'latin1');
  bytes.copy(around, start);
  around.write('\r\n\r\n', start + bytes.length, 'latin1');
  return { bytes: around, start, end: start + bytes.length };
};

export class HeadCheck {
  readonly #scan: Scan;
  readonly #parseHead: ParseHead;

  constructor(scan: Scan, parseHead: ParseHead) {
    this.#scan = scan;
    this.#parseHead = parseHead;
  }

  check(request: Buffer): Checked {
    const scan = this.#scan;
    const { bytes, start, end } = surround(request);
    scan.reset();
    const verdict = scan.scan(bytes, start, end, MAX_HEADER_BYTES);
    const { headStart, headEnd, contentLength } = scan;
    const cutFault = this.#checkCuts(bytes, start, end, verdict, headEnd);
    if (cutFault !== undefined) return { verdict, fault: cutFault };
    if (verdict !== HEAD_SIMPLE) return { verdict, fault: this.#checkNotParsed(request, verdict) };

    const head = this.#parseHead(bytes, start + headStart, start + headEnd);
    const body = request.subarray(headEnd, headEnd + Math.min(contentLength, MAX_BODY_BYTES));
    const padding = Buffer.alloc(Math.min(contentLength, MAX_BODY_BYTES) - body.length, 'x');
    const message = Buffer.concat([request.subarray(0, headEnd), body, padding]);
    if (head === undefined) return { verdict, fault: checkRefusedMethod(message, headStart) };
    return { verdict, fault: this.#checkAgreement(head) ?? checkAgainstLlhttp(head, message) };
  }

  /** Byte by byte, one scan says "incomplete" up to its verdict, and so does a new scan of every prefix. */
  #checkCuts(bytes: Buffer, start: number, end: number, verdict: HeadVerdict, headEnd: number): string | undefined {
    const scan = this.#scan;
    scan.reset();
    let cut = start;
    let found: HeadVerdict = HEAD_INCOMPLETE;
    while (found === HEAD_INCOMPLETE && cut < end) found = scan.scan(bytes, start, ++cut, MAX_HEADER_BYTES);
    if (found !== verdict) return `verdict ${verdict} in one piece, ${found} byte by byte`;
    if (verdict !== HEAD_SIMPLE) return undefined;
    if (cut !== start + headEnd || scan.headEnd !== headEnd) return `headEnd ${headEnd}, byte by byte ${cut - start}`;
    for (cut = start; cut < start + headEnd; cut++) {
      scan.reset();
      const early = scan.scan(bytes, start, cut, MAX_HEADER_BYTES);
      if (early !== HEAD_INCOMPLETE) return `verdict ${early} after ${cut - start} of ${headEnd} bytes`;
    }
    scan.reset();
    scan.scan(bytes, start, end, MAX_HEADER_BYTES);
    return undefined;
  }

  /** What the acceptor does not take for simple, the thread must not either. */
  #checkNotParsed(request: Buffer, verdict: HeadVerdict): string | undefined {
    let start = 0;
    while (request.subarray(start, start + 2).equals(Buffer.from('\r\n'))) start += 2;
    const emptyLine = request.indexOf('\r\n\r\n', start);
    if (emptyLine === -1) return undefined;
    if (verdict !== HEAD_NOT_SIMPLE) return `verdict ${verdict} for a head that has ended`;
    return this.#parseHead(request, start, emptyLine + 4) === undefined ? undefined : 'parsed, but not framed';
  }

  #checkAgreement(head: RequestHead): string | undefined {
    const { contentLength, keepAlive, isHead } = this.#scan;
    if (head.contentLength !== contentLength) return `length framed ${contentLength}, parsed ${head.contentLength}`;
    if (head.keepAlive !== keepAlive) return `keepAlive framed ${keepAlive}, parsed ${head.keepAlive}`;
    return (head.method === 'HEAD') === isHead ? undefined : `isHead ${isHead} for ${head.method}`;
  }
}

/** The thread refuses a framed head for one reason only, and then llhttp refuses it too. */
function checkRefusedMethod(message: Buffer, headStart: number): string | undefined {
  const method = message.toString('latin1', headStart, message.indexOf(' ', headStart));
  if (METHODS.includes(method)) return `framed, not parsed, with the known method ${method}`;
  const reader = new LlhttpReader().feed(message);
  reader.close();
  return reader.error === undefined ? `llhttp takes the method ${method}` : undefined;
}

function checkAgainstLlhttp(head: RequestHead, message: Buffer): string | undefined {
  const reader = new LlhttpReader();
  try {
    const last = message.length - 1;
    if (reader.feed(message.subarray(0, last)).completeCount !== 0) return 'llhttp ends the message earlier';
    reader.feed(message.subarray(last));
    const [seen] = reader.messages;
    if (reader.error !== undefined || seen === undefined) return `llhttp: ${reader.error}`;
    const facts = [
      ['method', head.method, seen.method],
      ['url', head.target, seen.url],
      ['version', head.isHttp10 ? '1.0' : '1.1', seen.version],
      ['rawHeaders', JSON.stringify(head.rawHeaders), JSON.stringify(seen.rawHeaders)],
      ['keepAlive', head.keepAlive, seen.keepAlive],
      ['body bytes', Math.min(head.contentLength, MAX_BODY_BYTES), seen.bodyBytes],
      ['end', head.contentLength <= MAX_BODY_BYTES, seen.isComplete],
    ] as const;
    const fault = facts.find(([, ours, theirs]) => ours !== theirs);
    if (fault !== undefined) return `${fault[0]}: ours ${fault[1]}, llhttp's ${fault[2]}`;
    if (!head.keepAlive || !seen.isComplete) return undefined;
    reader.feed(MARKER);
    const behind = reader.messages[1];
    return behind?.url === '/marker' && behind.isComplete ? undefined : `the request behind is ${behind?.url}`;
  } finally {
    reader.close();
  }
}
