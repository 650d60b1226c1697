/** What one search is about: who asks for what, how large the ring is, what may go wrong how often. */
import { computeLayout, type Layout, SMALL_BYTES } from '../../../src/shared/memory/layout.ts';
import type { Mistake } from './mistakes/mistake.ts';

/**
 * `close`: the request asks for `connection: close`. `lend`: its head is not simple, so the whole
 * connection is lent; nothing of the same client may be read together with it.
 */
export type RequestKind = 'keep' | 'close' | 'lend';

/** When the app answers: in its listener; in a later turn; later, with a 102 in a turn between. */
export type Answers = 'at-once' | 'later' | 'after-102';

export interface Configuration {
  /** The requests of each client. */
  readonly clients: readonly (readonly RequestKind[])[];
  /** Of a client that connects only when that other one's connection is over: it gets its slot. */
  readonly connectsAfter?: Readonly<Record<number, number>>;
  /** Of a client that sends only when that other one has sent all it has. */
  readonly sendsAfter?: Readonly<Record<number, number>>;
  readonly threads: number;
  readonly ringSize: number;
  readonly answers?: Answers;
  readonly concurrency?: number;
  /** How many threads may die, clients reset, clients half-close. */
  readonly deaths?: number;
  readonly resets?: number;
  readonly ends?: number;
  /** How often the acceptor may find that a handler has had its time. */
  readonly revokes?: number;
  /** The server may stop at any time, its drain's time be up. */
  readonly stops?: boolean;
  /** Letters a thread's mailbox holds. */
  readonly mailboxSize?: number;
  /** Also lets the bell be rung again after 1 ms. Off: nothing may depend on it. */
  readonly ringsAgain?: boolean;
  /** Two requests may come in one read. */
  readonly pipelines?: boolean;
  /** Interleaves also at accesses that no other thread can see the time of. */
  readonly everyAccess?: boolean;
  /**
   * How often an actor may be interrupted in the middle of an event by another. Unlimited: all
   * interleavings. Few find most faults, and take a search deep for little.
   */
  readonly interruptions?: number;
  /** The threads look at the queue when the search begins, instead of sleeping. */
  readonly startsAwake?: boolean;
  readonly mistake?: Mistake;
}

/** A limit that the model's clock never reaches by itself. */
const HANDLER_TIMEOUT_MS = 1_000_000;

/** The handlers' time limit, where one may have had its time. */
export const handlerTimeoutMsOf = ({ revokes = 0 }: Configuration): number => (revokes > 0 ? HANDLER_TIMEOUT_MS : 0);

/** Where ring indices begin: they turn negative within a run, and the generation's 17 bits begin anew. */
export const FIRST_INDEX: number = 2 ** 31 - 1;

const ALIGNED = 4096;

/** The real layout with a ring as small as the model needs it. */
export function layoutOf({ threads, ringSize }: Configuration): Layout {
  const layout = computeLayout({ threadCount: 2, maxPending: 4, maxHeaderBytes: 1024, inlineBodyBytes: 1024 });
  const blocks = ALIGNED + ringSize * SMALL_BYTES;
  return {
    ...layout,
    lineCount: threads,
    ringSize,
    blockCount: 1,
    smallAreas: ALIGNED,
    blocks,
    totalBytes: blocks + ALIGNED,
  };
}

const LINES: Readonly<Record<RequestKind, string>> = { keep: '', close: 'Connection: close\r\n', lend: 'TE: gzip\r\n' };

/** The bytes of a client's nth request. Its target says whose it is. */
export function requestBytes(configuration: Configuration, client: number, nth: number): Buffer {
  const line = LINES[configuration.clients[client]?.[nth] ?? 'keep'];
  return Buffer.from(`GET /${client}/${nth} HTTP/1.1\r\nHost: model\r\n${line}\r\n`, 'latin1');
}

/** Client and number of the request whose head this is. */
export function readTarget(target: string): readonly [client: number, nth: number] {
  const [, client, nth] = target.split('/');
  return [Number(client), Number(nth)];
}
