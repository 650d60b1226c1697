/**
 * What a thread may do with a connection that it has on loan. Every method asks the connection's
 * word in shared memory first, so that a loan that was taken back can do no harm.
 *
 * Implemented by the pull loop; used by `request-loan.ts` and `connection-loan.ts`.
 */
import type { Duplex } from 'node:stream';

/** What an app may ask of its connection. Travels with the request, never asked of the descriptor. */
export interface ConnectionAddresses {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: 'IPv4' | 'IPv6' | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly localFamily: 'IPv4' | 'IPv6' | undefined;
  readonly encrypted: boolean;
}

/** How a client left: `'end'` half-closed (FIN), `'reset'` is gone for good. */
export type ClientGone = 'end' | 'reset';

/** Who has a connection on loan, as the thread's loop speaks to it. */
export interface ConnectionBorrower {
  /** Called at most once when the acceptor has taken the loan back (deadline, stop): write nothing, let go. */
  revoked(): void;
  /** Called when the server drains: replies whose head is not written yet say `connection: close`. */
  drain(): void;
}

/** Who has a request on loan. */
export interface RequestBorrower extends ConnectionBorrower {
  /** Called at most once, in an event loop turn of its own, when the client leaves during the loan. */
  clientGone(how: ClientGone): void;
}

/** What a thread remembers of a connection from one of its requests to the next. */
export interface KnownConnection {
  readonly addresses: ConnectionAddresses;
  /** The socket that its requests share; who made it knows whether it can be used once more. */
  socket: Duplex | undefined;
}

/** One whole request, lent with the write descriptor of its connection. */
export interface RequestLoan {
  readonly connection: KnownConnection;
  /** True once the loan has ended or was taken back: nothing may be written any more. */
  readonly isOver: boolean;
  /** Set by who serves the request. One object with methods: a closure a request costs more than the request. */
  borrower: RequestBorrower | undefined;
  /**
   * running -> replying, before the first byte (1xx too). True if the thread may write (also when
   * it already was replying). False: the loan is over; write nothing, say nothing.
   */
  beginReply(): boolean;
  /** replying -> running, after a whole 1xx was written. */
  endInformational(): void;
  /**
   * Writes without blocking on the write descriptor. Returns how many bytes the kernel took
   * (0 up to all). Throws the system error (EPIPE, ECONNRESET, ...) when the client is gone.
   * Only after `beginReply()` said true.
   */
  write(bytes: Uint8Array): number;
  /**
   * The kernel takes no more: asks the acceptor for a duplicate of the descriptor, on which the
   * reply goes on as `new net.Socket({ fd, readable: false })`. The caller owns it then. Resolves
   * with undefined if the loan is over.
   */
  requestDuplicate(): Promise<number | undefined>;
  /** The handler has given all of its reply, which waits for the client alone: that is not the handler's time. */
  replyIsWhole(): void;
  /** The one end of a loan: `keepAlive` false closes the connection. Calls after the first do nothing. */
  end(keepAlive: boolean): void;
  /** After the end: close the connection if it is still idle in this loan's generation. */
  closeIfIdle(): void;
}

/** A whole connection, lent as a duplicate of its descriptor: for what is not a simple request. */
export interface ConnectionLoan {
  readonly addresses: ConnectionAddresses;
  /** The duplicate. The borrower owns and closes it. */
  readonly fd: number;
  /** The bytes that the acceptor had read and not used. */
  readonly firstBytes: Buffer;
  /** True once the loan has ended or was taken back. */
  readonly isOver: boolean;
  /** Set by who serves the connection; idle connections are returned when the server drains. */
  borrower: ConnectionBorrower | undefined;
  /** lent -> lentReplying before the first byte of each reply (1xx too). False: write nothing. */
  beginReply(): boolean;
  /** lentReplying -> lent when the reply (or the 1xx) is written. */
  endReply(): void;
  /** A request's app code has begun (the head is parsed): it counts as running. */
  requestBegan(): void;
  /** Whether the request under way is HEAD: who answers for a thread that dies must heed it. */
  noteMethod(isHead: boolean): void;
  /** That request has ended: `'finish'` or `'close'`, once. An upgraded socket ends its request at the upgrade. */
  requestEnded(): void;
  /** -> idle: the acceptor reads the connection again. Nothing may be unread, unwritten or running. */
  giveBack(): void;
  /** -> closing: the acceptor closes its side too. */
  close(): void;
}
