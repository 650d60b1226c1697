import test from 'ava';
import { REJECT_503 } from '../../src/index.ts';
import * as replies from '../../src/shared/replies.ts';
import type { CannedReply } from '../../src/shared/replies.ts';
import { type ParsedResponse, ResponseParser } from '../helpers/response-parser.ts';

/** Byte for byte. The first one is the Ruby server's, of 171 bytes; 413 and 408 likewise. */
const TEXTS: Readonly<Record<string, string>> = {
  SERVER_BUSY:
    'HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 48\r\nretry-after: 1\r\n' +
    'connection: close\r\n\r\n{"error":"server_busy","retry_after_seconds":1}\n',
  THREAD_FAILED:
    'HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 26\r\n\r\n' +
    '{"error":"thread_failed"}\n',
  CONNECTION_BUSY:
    'HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 31\r\nretry-after: 1\r\n\r\n' +
    'per-connection overload, retry\n',
  HANDLER_TIMEOUT:
    'HTTP/1.1 504 Gateway Timeout\r\ncontent-type: application/json\r\ncontent-length: 28\r\n\r\n' +
    '{"error":"handler_timeout"}\n',
  BAD_REQUEST:
    'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 11\r\nconnection: close\r\n\r\nBad Request',
  REQUEST_TIMEOUT: 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
  PAYLOAD_TOO_LARGE:
    'HTTP/1.1 413 Payload Too Large\r\ncontent-type: text/plain\r\ncontent-length: 18\r\nconnection: close\r\n\r\n' +
    'payload too large\n',
  HEADERS_TOO_LARGE:
    'HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain\r\ncontent-length: 31\r\n' +
    'connection: close\r\n\r\nRequest Header Fields Too Large',
  INTERNAL_SERVER_ERROR:
    'HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: 21\r\n\r\nInternal Server Error',
  NOT_IMPLEMENTED:
    'HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain\r\ncontent-length: 15\r\nconnection: close\r\n\r\n' +
    'Not Implemented',
};

const canned = Object.entries(replies) as [string, CannedReply][];

const parse = (bytes: Buffer, method: string): ParsedResponse => {
  const parsed: ParsedResponse[] = [];
  const parser = new ResponseParser((response) => parsed.push(response));
  parser.expect(method);
  parser.push(bytes);
  const [response] = parsed;
  if (response === undefined || parsed.length !== 1 || parser.hasBegun)
    throw new Error(`Not one response: ${bytes.toString('latin1')}`);
  return response;
};

test('there are these replies and no others', (t) => {
  t.deepEqual(canned.map(([name]) => name).sort(), Object.keys(TEXTS).sort());
});

for (const [name, reply] of canned) {
  test(`${name} has its exact bytes`, (t) => {
    t.is(reply.text, TEXTS[name] as string);
    t.is(reply.bytes.toString('latin1'), reply.text);
    t.false(/^date:/im.test(reply.text));
  });

  test(`${name} is a whole response in each form`, (t) => {
    const [, body = ''] = reply.text.split('\r\n\r\n');
    for (const bytes of [reply.bytes, reply.closeBytes]) {
      const response = parse(bytes, 'GET');
      t.is(response.status, reply.status);
      t.is(response.body.toString(), body);
      t.is(response.headers.get('content-length'), String(Buffer.byteLength(body)));
    }
    for (const bytes of [reply.headBytes, reply.closeHeadBytes]) {
      const response = parse(bytes, 'HEAD');
      t.is(response.status, reply.status);
      t.is(response.body.length, 0);
      t.is(response.headers.get('content-length'), String(Buffer.byteLength(body)), 'what GET would get');
    }
  });

  test(`${name} says close where it closes, once`, (t) => {
    t.is(parse(reply.bytes, 'GET').headers.get('connection'), reply.closes ? 'close' : undefined);
    t.is(parse(reply.headBytes, 'HEAD').headers.get('connection'), reply.closes ? 'close' : undefined);
    t.is(parse(reply.closeBytes, 'GET').headers.get('connection'), 'close');
    t.is(parse(reply.closeHeadBytes, 'HEAD').headers.get('connection'), 'close');
  });
}

test('only what leaves the connection usable lives on', (t) => {
  t.deepEqual(
    canned
      .filter(([, { closes }]) => !closes)
      .map(([name]) => name)
      .sort(),
    ['CONNECTION_BUSY', 'HANDLER_TIMEOUT', 'INTERNAL_SERVER_ERROR', 'THREAD_FAILED'],
  );
});

test('REJECT_503 is public, and 171 bytes', (t) => {
  t.is(REJECT_503, TEXTS['SERVER_BUSY'] as string);
  t.is(Buffer.byteLength(REJECT_503, 'latin1'), 171);
});
