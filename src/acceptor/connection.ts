/**
 * One accepted connection, as the acceptor knows it. Only data: what is done with it is in the
 * files beside. What a thread does meanwhile stands in the connection's word in shared memory. Its
 * socket is made when somebody asks for it: a connection that brings one request and goes needs none.
 */
import type net from 'node:net';
import type { WireConnection } from '../shared/memory/ring-bytes.ts';
import type { Due } from './timing/deadline-heap.ts';
import type { HeadScan } from './framing/framing.ts';
import type { Incoming } from './listening/incoming.ts';
import type { Pipeline } from './framing/pipeline.ts';
import type { ReadBuffer } from './framing/read-buffer.ts';
import type { RequestLine } from './framing/request-line.ts';

/** What the acceptor believes; for `lent` the word knows more. */
export type Phase =
  /** No byte has come. */
  | 'new'
  /** A request has begun and is not whole. */
  | 'reading'
  /** Between two requests. */
  | 'idle'
  /** Its request is whole, and waits for room in the ring. */
  | 'overflow'
  /** In the ring, or a thread has it, or it was returned and nothing has happened since. */
  | 'lent'
  /** A reply of ours that keeps the connection is being written. */
  | 'replying'
  /** A reply of ours that ends it was given; what still comes is discarded. */
  | 'lingering'
  /** The socket is closed; a thread may still have the loan. */
  | 'gone';

/** A duplicate that was given to a thread. By number alone it may be another file by now. */
export interface LentDescriptor {
  readonly descriptor: number;
  readonly inode: number;
}

export class Connection implements Due {
  dueAt = 0;
  heapIndex = -1;

  readonly slot: number;
  /** Tells it from the connections that had the slot before. */
  serial = 0;
  readonly incoming: Incoming;
  /** Its own descriptor. Once a socket has it threads don't get it: libuv closes it on a reset. */
  descriptor: number;
  #socket: net.Socket | undefined;
  readonly #open: (connection: Connection) => net.Socket;
  phase: Phase = 'new';
  /** When the phase began. */
  since: number;
  lastByteAt: number;
  /** It counts for the limits of connections, under this address. */
  hasPermit = false;
  ip: string | undefined;
  /** The client has sent its FIN. */
  hasEnded = false;

  /** Read and not yet used. */
  buffer: ReadBuffer | undefined;
  /** The scan of a request that is not whole. */
  scan: HeadScan | undefined;
  isHeadWhole = false;
  /** The requests behind the running one, where their number is limited. */
  pipeline: Pipeline | undefined;

  /** Of the newest request: what a reply of ours to it must heed. */
  isHeadRequest = false;
  headLength = 0;
  keepsAlive = true;

  /** The ring index of the newest loan, and what was lent. */
  loanIndex = 0;
  lendsConnection = false;
  /** On which threads write: a duplicate, or, of a bare and unwatched connection, its own. -1: none now. */
  writeDescriptor = -1;
  /** Duplicates that threads were given for this loan. */
  lentDescriptors: LentDescriptor[] | undefined;
  /** What travels with each of its requests; made with the first. */
  wire: WireConnection | undefined;
  /** Of the newest loan, where handlers have a time limit. */
  requestLine: RequestLine | undefined;

  constructor(slot: number, incoming: Incoming, open: (connection: Connection) => net.Socket, now: number) {
    this.slot = slot;
    this.incoming = incoming;
    this.descriptor = incoming.descriptor;
    this.#open = open;
    this.since = now;
    this.lastByteAt = now;
  }

  get socket(): net.Socket {
    return (this.#socket ??= this.#open(this));
  }

  /** Nobody has asked for its socket: what the client does is seen by nobody. */
  get isUnwatched(): boolean {
    return this.#socket === undefined;
  }

  get isDestroyed(): boolean {
    return this.#socket?.destroyed === true;
  }

  enter(phase: Phase, now: number): void {
    this.phase = phase;
    this.since = now;
  }
}
