/**
 * Where our server answers otherwise than node:http, and why: each row is one reason, with a check
 * that is as narrow as it can be. Whatever no row explains is a fault. No row lets a request run
 * that node:http would not run, but for the one about upgrades, where node:http loses bytes.
 */
import { showAnswers, type Answer } from './outcome.ts';

/** What one server made of a case: what it answered, and which requests its app got. */
export interface Seen {
  readonly answers: readonly Answer[];
  readonly ran: readonly string[];
}

export interface Reason {
  readonly why: string;
  explains(plain: Seen, ours: Seen, text: string): boolean;
}

const same = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

const isPrefix = (short: readonly unknown[], long: readonly unknown[]): boolean =>
  same(short, long.slice(0, short.length));

/** We refused a request, after the same answers and runs as node's, and nothing behind it ran. */
const refuses = (plain: Seen, ours: Seen, ...statuses: number[]): boolean => {
  const last = ours.answers.at(-1);
  const before = ours.answers.slice(0, -1);
  return (
    last !== undefined &&
    last.isLast &&
    statuses.includes(last.status) &&
    isPrefix(before, plain.answers) &&
    isPrefix(ours.ran, plain.ran) &&
    before.filter(({ status }) => status >= 200).length === ours.ran.length
  );
};

const hostsOf = (text: string): string[] =>
  [...text.matchAll(/^host:[ \t]*(.*?)[ \t]*\r$/gim)].map(([, value]) => value ?? '');
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\w:.%~-]+\])(?::\d*)?$/;

export const REASONS: readonly Reason[] = [
  {
    why: 'RFC 9112 3.2: a request without Host, with two or with an invalid one gets 400; node:http serves the latter two',
    explains: (plain, ours, text) =>
      refuses(plain, ours, 400) && (hostsOf(text).length > 1 || hostsOf(text).some((host) => !HOST.test(host))),
  },
  {
    why: 'behind a refusal nothing runs: node:http answers a missing Host with close, and then runs what is behind it',
    explains: (plain, ours) =>
      refuses(plain, ours, 400) && same(plain.answers, ours.answers) && plain.ran.length > ours.ran.length,
  },
  {
    why: 'only HTTP/1.0 and 1.1 are spoken: node:http takes HTTP/2.0 for HTTP/1.1, and HTTP/0.9',
    explains: (plain, ours, text) =>
      refuses(plain, ours, 400) && (/ HTTP\/(?:0\.9|2\.0)\r\n/.test(text) || /^[A-Z]+ \S+\r\n/.test(text)),
  },
  {
    why: 'RFC 9112 6.1: an unknown last coding gets 501, several Transfer-Encoding lines and those of HTTP/1.0 get 400',
    explains: (plain, ours, text) => refuses(plain, ours, 400, 501) && /^transfer-encoding:/im.test(text),
  },
  {
    why: 'a Content-Length above maxBodyBytes gets 413 before the app and before 100 Continue; node:http has no such limit',
    explains: (plain, ours, text) => refuses(plain, ours, 413) && /^content-length: *\d{8,}/im.test(text),
  },
  {
    why: 'maxHeaderBytes counts every byte of a head; node:http counts neither line ends nor separators',
    explains: (plain, ours, text) => refuses(plain, ours, 431) && text.length > 16_384,
  },
  {
    why: 'a request that has its answer gets no second one: node:http sends 400 or 408 for the rest of its body',
    explains: (plain, ours) =>
      same(plain.ran, ours.ran) &&
      same(ours.answers, plain.answers.slice(0, -1)) &&
      [400, 408].includes(plain.answers.at(-1)?.status ?? 0),
  },
  {
    why: 'whole requests are answered before the bytes behind them are refused; node:http drops their answers',
    explains(plain, ours) {
      const answered = ours.answers.filter(({ status }) => status < 400);
      const refused = ours.answers.slice(answered.length);
      return (
        same(plain.ran, ours.ran) &&
        isPrefix(plain.answers, answered) &&
        answered.length === ours.ran.length &&
        refused.length <= 1
      );
    },
  },
  {
    why: 'behind an Upgrade that nobody takes no byte is lost; node:http drops what came with it, and the errors in it',
    explains: (plain, ours, text) =>
      /^upgrade:/im.test(text) && isPrefix(plain.ran, ours.ran) && isPrefix(plain.answers, ours.answers),
  },
];

/** The first reason that explains the difference; undefined if nothing does. */
export const explain = (plain: Seen, ours: Seen, bytes: Buffer): Reason | undefined => {
  const text = bytes.toString('latin1');
  return REASONS.find((reason) => reason.explains(plain, ours, text));
};

export const isSame = (plain: Seen, ours: Seen): boolean =>
  same(plain.answers, ours.answers) && same(plain.ran, ours.ran);

export const showSeen = ({ answers, ran }: Seen): string =>
  `${showAnswers(answers)}; ran: ${ran.join(', ') || 'nothing'}`;
