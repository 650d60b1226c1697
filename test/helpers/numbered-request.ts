/**
 * Makes requests for `fixtures/numbered.mjs`, each with a number of its own, and judges the
 * answers. In: a number and a source of randomness. Out: the bytes to send, and a check that says
 * what is wrong with a response. All kinds of request: simple ones (request loans) and all that is
 * not simple (connection loans).
 */
import { createHash } from 'node:crypto';
import type { Random } from './random.ts';
import { show, type ParsedResponse } from './response-parser.ts';

export type Kind = 'get' | 'head' | 'inline' | 'large' | 'chunked' | 'expect' | 'connection-list' | 'te';
export type Death = 'throw' | 'reject' | 'exit' | 'oom' | 'midreply';

/** How often each kind comes; half of all are simple, so that connections change between the loans. */
const KINDS: Readonly<Record<Kind, number>> = {
  get: 34,
  head: 4,
  inline: 24,
  large: 3,
  chunked: 14,
  expect: 5,
  'connection-list': 8,
  te: 8,
};
const REPLIES = { length: 60, chunked: 20, big: 4, none: 8, hints: 8 };
const TIMINGS = { sync: 40, micro: 15, immediate: 20, timer: 20, block: 5 };
const READINGS = { whole: 80, early: 10, unread: 10 };

export interface NumberedRequest {
  readonly number: number;
  readonly kind: Kind;
  readonly method: string;
  readonly target: string;
  readonly bytes: Buffer;
  /** The handler throws: the answer is 500, and the connection lives on. */
  readonly isFailing: boolean;
  /** The thread dies of it: there is no right answer. */
  readonly death: Death | undefined;
  /** Undefined if the response is the right one, else what is wrong. */
  judge(response: ParsedResponse): string | undefined;
}

/** Every body is a piece of this: random bytes among which whole requests are spelled. */
const POOL = ((): Buffer => {
  const pool = Buffer.alloc(400_000);
  for (let index = 0, state = 1; index < pool.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    pool[index] = state >>> 24;
  }
  const smuggled = Buffer.from('\r\n\r\nGET /666666666/length/sync/whole HTTP/1.1\r\nhost: smuggled\r\n\r\n');
  for (let at = 500; at + smuggled.length < pool.length; at += 3_000) smuggled.copy(pool, at);
  return pool;
})();

const randomBody = (random: Random, min: number, max: number): Buffer => {
  const length = random.integer(min, max);
  const start = random.integer(0, POOL.length - length);
  return POOL.subarray(start, start + length);
};

const chunk = (random: Random, body: Buffer): Buffer => {
  const parts: (Buffer | string)[] = [];
  for (let at = 0; at < body.length;) {
    const piece = body.subarray(at, at + random.integer(1, Math.max(1, body.length >> 1)));
    at += piece.length;
    parts.push(piece.length.toString(16), random.chance(0.1) ? ';name=value' : '', '\r\n', piece, '\r\n');
  }
  parts.push('0\r\n', random.chance(0.2) ? 'x-trailer: yes\r\n' : '', '\r\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
};

interface Framed {
  readonly method: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly sent: Buffer;
}

const EMPTY = Buffer.alloc(0);

const frame = (kind: Kind, random: Random): Framed => {
  const bodyMethod = (): string => random.pick(['POST', 'PUT', 'PATCH', 'DELETE']);
  const plain = (method: string, ...headers: string[]): Framed => ({ method, headers, body: EMPTY, sent: EMPTY });
  const withLength = (body: Buffer, ...headers: string[]): Framed => ({
    method: bodyMethod(),
    headers: [`content-length: ${body.length}`, ...headers],
    body,
    sent: body,
  });
  switch (kind) {
    case 'get':
      return plain('GET');
    case 'head':
      return plain('HEAD');
    case 'inline':
      // Up to the default of `inlineBodyBytes`, that very size among them.
      return withLength(
        random.chance(0.02)
          ? randomBody(random, 65_536, 65_536)
          : randomBody(random, 0, random.pick([10, 1_000, 9_000])),
      );
    case 'large':
      return withLength(randomBody(random, 65_537, 200_000));
    case 'expect':
      return withLength(randomBody(random, 1, 2_000), 'Expect: 100-continue');
    case 'chunked': {
      const body = randomBody(random, 0, random.pick([0, 100, 5_000, 100_000]));
      return { method: bodyMethod(), headers: ['Transfer-Encoding: chunked'], body, sent: chunk(random, body) };
    }
    case 'connection-list':
      return plain('GET', 'Connection: keep-alive, x', 'x: y');
    case 'te':
      return plain('GET', 'TE: trailers', 'Connection: TE');
  }
};

/** What the acceptor recognises without doubt: request loans only. */
const SIMPLE_KINDS: Readonly<Record<Kind, number>> = {
  ...KINDS,
  large: 0,
  chunked: 0,
  expect: 0,
  'connection-list': 0,
  te: 0,
};

export interface RequestChoices {
  readonly isSimple?: boolean;
  /** Ask for the connection's end with this request. */
  readonly isLast?: boolean;
  readonly death?: Death | undefined;
  readonly isFailing?: boolean;
}

export const makeRequest = (number: number, random: Random, choices: RequestChoices = {}): NumberedRequest => {
  const { isLast = false, death, isFailing = false, isSimple = false } = choices;
  const kind = isFailing ? 'get' : random.weighted(isSimple ? SIMPLE_KINDS : KINDS);
  const { method, headers, body, sent } = frame(kind, random);
  // A TE line without its Connection line is right as well, and leaves room for `close`.
  const kept = isLast ? headers.filter((line) => !line.toLowerCase().startsWith('connection:')) : headers;
  const reply = isFailing ? 'length' : random.weighted(REPLIES);
  const timing = isFailing ? 'fail' : (death ?? random.weighted(TIMINGS));
  const reading = isFailing ? 'unread' : random.weighted(READINGS);
  const target = `/${number}/${reply}/${timing}/${reading}`;
  const lines = [
    `Host: localhost`,
    ...kept,
    ...(isLast ? ['Connection: close'] : []),
    `x-filler: ${'f'.repeat(random.integer(0, 60))}`,
  ];
  const head = `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;

  const judge = (response: ParsedResponse): string | undefined => {
    const what = `number ${number} (${kind}, ${method} ${target})`;
    if (isFailing) return response.status === 500 ? undefined : `${what}: ${response.status} for a handler that throws`;
    if (death !== undefined) return `${what}: an answer ${response.status} from a thread that dies of the request`;
    const status = reply === 'none' ? 204 : 200;
    if (response.status !== status) return `${what}: status ${response.status} ${show(response.head)}`;
    const answered = response.headers.get('x-number');
    if (answered !== String(number)) return `${what}: got the answer of number ${answered}`;
    if (method === 'HEAD' || reply === 'none') return response.body.length === 0 ? undefined : `${what}: a body`;
    if (reply === 'big') {
      const expected = Buffer.alloc(100_000 + (number % 50_000), `${number}|`);
      return response.body.equals(expected) ? undefined : `${what}: ${response.body.length} wrong big bytes`;
    }
    const seen = reading === 'whole' ? `${createHash('sha1').update(body).digest('hex')} ${body.length}` : '- 0';
    const expected = `${number} ${method} ${seen}\n`;
    const text = response.body.toString('latin1');
    return text === expected ? undefined : `${what}: ${show(text)} instead of ${show(expected)}`;
  };

  return {
    number,
    kind,
    method,
    target,
    bytes: Buffer.concat([Buffer.from(head, 'latin1'), sent]),
    isFailing,
    death,
    judge,
  };
};
