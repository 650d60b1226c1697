/**
 * Where `req` and `res` of a loan differ from node:http's, each with its reason. A scenario
 * that is listed here and no longer differs fails the test, like one that differs and is not listed.
 * The docs quote the reasons.
 */

export type LoanKind = 'request' | 'connection';

export interface KnownDifference {
  readonly scenarios: readonly string[];
  /** The kind of loan that shows it; both unless given. */
  readonly loan?: LoanKind;
  /** Node's major versions that show it; all unless given. */
  readonly nodes?: readonly number[];
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    scenarios: ['pipelined-three', 'pipelined-behind-a-slow-one', 'turns-between-pipelined-requests'],
    reason:
      'node:http calls the handler of a pipelined request while the one before is unanswered, and keeps its reply back. Ours starts the next request of a connection when the one before is answered.',
  },
  {
    scenarios: ['pipelined-behind-a-close'],
    reason:
      'node:http calls the handler of a request behind a reply that closes the connection, and drops what it answers. Ours never starts it.',
  },
  {
    scenarios: ['client-end-with-the-request-sync'],
    loan: 'request',
    reason:
      "`req.socket` belongs to one thread and is told of a loan's events alone: those of a connection that ends between requests are not emitted on it.",
  },
  {
    scenarios: ['max-requests-per-socket'],
    loan: 'request',
    reason: '`server.maxRequestsPerSocket` has no effect: a connection changes its thread with every request.',
  },
  {
    scenarios: ['max-headers-count'],
    nodes: [24, 26],
    reason:
      'Node from 24 on answers 431 to more header lines than `server.maxHeadersCount`; ours drops those beyond it, as Node 20 does.',
  },
  {
    scenarios: ['destroy-while-a-write-is-blocked'],
    nodes: [20],
    loan: 'request',
    reason:
      'Node 20 calls back without an error for a write that was lost with its connection; ours says ECANCELED, as later versions do.',
  },
  {
    scenarios: [
      'throw-in-the-handler',
      'throw-in-the-handler-after-a-write',
      'throw-in-the-handler-after-end',
      'throw-in-an-async-handler',
      'throw-in-an-async-handler-later',
    ],
    reason:
      "What the app's listener throws, or its promise rejects with, is an uncaught exception in node:http, which leaves the client without an answer. Ours logs it and answers 500, or cuts a reply that had begun.",
  },
  {
    scenarios: ['throw-in-request-data'],
    loan: 'request',
    reason:
      "After a 'data' listener that throws (in an app that handles 'uncaughtException') node:http never ends the request, and answers the connection's next bytes with 400. Ours ends the request and serves the next.",
  },
  {
    scenarios: ['throw-in-the-write-callback-then-another'],
    loan: 'request',
    reason:
      "After a callback of `res.write` that throws (in an app that handles 'uncaughtException') node:http never emits 'finish' or 'close', and the connection's next request gets no answer. Ours ends the request and serves the next.",
  },
  {
    scenarios: ['throw-in-the-end-callback', 'throw-in-the-end-callback-then-another'],
    loan: 'request',
    nodes: [24, 26],
    reason:
      "After a callback of `res.end` that throws (in an app that handles 'uncaughtException') Node from 24 on never emits 'finish' or 'close'. Ours emits 'close', and the connection serves its next request.",
  },
  {
    scenarios: ['socket-of-a-request'],
    loan: 'connection',
    reason: "A lent socket has one more 'close' listener.",
  },
];

const MAJOR = Number(process.versions.node.split('.')[0]);

/** The scenarios that must differ on this Node and kind of loan. */
export const expectedDifferences = (loan: LoanKind): ReadonlySet<string> =>
  new Set(
    knownDifferences
      .filter((known) => known.nodes?.includes(MAJOR) ?? true)
      .filter((known) => known.loan === undefined || known.loan === loan)
      .flatMap(({ scenarios }) => scenarios),
  );
