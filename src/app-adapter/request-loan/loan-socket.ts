/**
 * `req.socket` and `res.socket` of a request loan: a stream that never reads and writes to the
 * connection's write descriptor. It behaves towards `req`, `res` and the app as the server's
 * `net.Socket` does, in every event and flag that a stream has. It serves one loan after the other
 * of its connection, as long as each leaves it as it was; else the next one gets a new socket.
 *
 * Runs in the worker thread. A loan ends exactly once, in `endLoan()`; nothing is written after.
 */
import type { Server } from 'node:http';
import type { DuplexOptions } from 'node:stream';
import { BlockedReply } from './blocked-reply.ts';
import type { ClientGone, RequestBorrower, RequestLoan } from '../loan.ts';
import { type NodeRequest, type NodeResponse, type NodeServer, startFlowing } from '../node-internals.ts';
import { Roster } from '../roster.ts';
import { type Chunk, beginsInformational, bytesOf, bytesOfPiece, endOfPiece, isReused } from './reply-bytes.ts';
import { readReset, streamDestroyed, writeFailed } from './socket-errors.ts';
import { attachListeners, hasOnlyOurListeners } from './socket-listeners.ts';
import { SocketSurface } from './socket-surface.ts';
import { SocketTimer } from './socket-timer.ts';

type Done = (error?: Error | null) => void;

/** Requests whose loan has not ended, in this thread. */
export const openSockets: Roster<LoanSocket> = new Roster();

/** As node's own: reads never end by themselves, `'close'` is emitted by us a turn after the destruction. */
let options: DuplexOptions = { allowHalfOpen: true, decodeStrings: false, emitClose: false };

const optionsFor = (highWaterMark: number | undefined): DuplexOptions => {
  if (options.highWaterMark !== highWaterMark) {
    options = { allowHalfOpen: true, decodeStrings: false, emitClose: false };
    if (highWaterMark !== undefined) options.highWaterMark = highWaterMark;
  }
  return options;
};

const emitClose = (socket: LoanSocket, hadError: boolean): void => {
  try {
    socket.emit('close', hadError);
  } finally {
    socket.endLoan();
  }
};

const noteWhole = (loan: RequestLoan, response: NodeResponse | undefined): void => {
  if (response?.writableEnded === true) loan.replyIsWhole();
};

const cancelWrite = (blocked: BlockedReply): void => blocked.cancel();

const finishEnd = (socket: LoanSocket, done: Done): void => {
  done();
  setImmediate(endWithClient, socket);
};

/** The app half-closed the connection: its client answers with its own end, and so it closes. */
const endWithClient = (socket: LoanSocket): void => {
  if (!socket.destroyed && !socket.readableEnded) socket.emitEnd();
};

/** The client has left during the loan. */
const leave = (socket: LoanSocket, loan: RequestLoan, how: ClientGone): void => {
  if (loan.isOver || socket.isOver || socket.destroyed) return;
  // A body that has not ended yet was received whole: its end comes first, as it came from the client.
  if (socket.incoming?.complete === false) setImmediate(leave, socket, loan, how);
  else if (how === 'end') socket.emitEnd();
  else socket.destroy(readReset());
};

export class LoanSocket extends SocketSurface implements RequestBorrower {
  readonly server: Server;
  incoming: NodeRequest | undefined;
  outgoing: NodeResponse | undefined;
  /** From `res` `'finish'` on: the socket's close aborts no request any more. */
  isAnswered = false;
  /** The reply is written and closed, the body of the request has not ended yet. */
  endsWithBody = false;
  bytesWritten = 0;
  declare timeout?: number;
  rosterPlace = -1;
  #loan: RequestLoan;
  readonly #writeTimeoutMs: number;
  #hasEnded = false;
  /** The loan has ended and its connection is open for the next request. */
  #livesOn = false;
  #blocked: BlockedReply | undefined;
  #timer: SocketTimer | undefined;

  constructor(loan: RequestLoan, server: NodeServer, writeTimeoutMs: number) {
    super(optionsFor(server.highWaterMark), loan.connection.addresses);
    this.server = server;
    this.#loan = loan;
    this.#writeTimeoutMs = writeTimeoutMs;
    startFlowing(this);
    attachListeners(this);
    loan.borrower = this;
    openSockets.add(this);
  }

  /** Whether the last loan has left it as it was: nothing that an app did to it reaches another request. */
  canServe(server: Server): boolean {
    return (
      this.#livesOn &&
      !this.destroyed &&
      this.readableFlowing === true &&
      !this.readableEnded &&
      !this.writableEnded &&
      this.writableCorked === 0 &&
      this.#blocked === undefined &&
      this.#timer === undefined &&
      this.server === server &&
      hasOnlyOurListeners(this)
    );
  }

  /** Serves the connection's next loan. */
  serve(loan: RequestLoan): void {
    this.#loan = loan;
    this.#hasEnded = false;
    this.#livesOn = false;
    this.isAnswered = false;
    this.endsWithBody = false;
    loan.borrower = this;
    openSockets.add(this);
  }

  clientGone(how: ClientGone): void {
    leave(this, this.#loan, how);
  }

  revoked(): void {
    this.destroy();
  }

  drain(): void {
    if (this.outgoing !== undefined) this.outgoing.shouldKeepAlive = false;
  }

  /** True once the loan has ended: the connection may already serve another request. */
  get isOver(): boolean {
    return this.#hasEnded || this.#loan.isOver;
  }

  /** Ends the loan, once. The connection lives on if the reply is whole and nobody wanted it closed. */
  endLoan(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    openSockets.remove(this);
    this.#timer?.clear();
    this.#blocked?.destroy();
    const response = this.outgoing;
    this.#livesOn = response !== undefined && !response._last && !this.destroyed && !this.writableEnded;
    this.#loan.end(this.#livesOn);
    if (!this.#livesOn) return;
    // A socket that waits for its next loan keeps nothing of the last one alive.
    this.incoming = undefined;
    this.outgoing = undefined;
  }

  /** The readable side ends: what a FIN of the client does. */
  emitEnd(): void {
    this.push(null);
    this.read(0);
  }

  override _read(): void {
    // The acceptor reads.
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    this.#send(bytesOf(chunk, encoding), this.#isInformational(chunk), done);
  }

  override _writev(chunks: Chunk[], done: Done): void {
    const first = chunks[0];
    this.#sendPieces(chunks, 0, first !== undefined && this.#isInformational(first.chunk), done);
  }

  #sendPieces(chunks: Chunk[], from: number, isInformational: boolean, done: Done): void {
    const end = endOfPiece(chunks, from);
    const bytes = bytesOfPiece(chunks, from, end);
    if (end === chunks.length) {
      this.#send(bytes, isInformational, done);
      return;
    }
    this.#send(bytes, isInformational, (error) => {
      if (error) done(error);
      else this.#sendPieces(chunks, end, false, done);
    });
  }

  override _final(done: Done): void {
    if (this.#livesOn) this.#closeIfIdle();
    // In a turn of its own, as the shutdown of a real socket.
    setImmediate(finishEnd, this, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#timer?.clear();
    this.#blocked?.destroy();
    if (this.#livesOn) this.#closeIfIdle();
    done(error);
    // 'error' comes on the next tick, 'close' when a real handle would have closed: a turn later.
    if (this.#blocked !== undefined) setImmediate(cancelWrite, this.#blocked);
    setImmediate(emitClose, this, error !== null);
  }

  setTimeout(timeoutMs: number, listener?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = timeoutMs;
    this.#timer ??= new SocketTimer(this);
    this.#timer.set(timeoutMs, listener, !this.#hasEnded);
    return this;
  }

  /** The app closes a connection that it has no request of any more. */
  #closeIfIdle(): void {
    this.#livesOn = false;
    this.#loan.closeIfIdle();
  }

  #isInformational(chunk: Buffer | string): boolean {
    const response = this.outgoing;
    return response !== undefined && !response.headersSent && beginsInformational(chunk);
  }

  #send(bytes: Buffer, isInformational: boolean, done: Done): void {
    this.#timer?.refresh();
    if (bytes.length === 0) {
      done();
      return;
    }
    // The one check before bytes leave: a loan that is over may not touch what its connection does now.
    if (this.#hasEnded || !this.#loan.beginReply()) {
      this.destroy();
      done(streamDestroyed());
      return;
    }
    const finished = isInformational ? this.#afterInformational(done) : done;
    let written: number;
    try {
      written = this.#loan.write(bytes);
    } catch (error) {
      done(writeFailed(error));
      return;
    }
    this.bytesWritten += written;
    if (written === bytes.length) {
      finished();
      return;
    }
    const rest = bytes.subarray(written);
    // `end()` says that it has ended only after it has written.
    process.nextTick(noteWhole, this.#loan, this.outgoing);
    this.#blocked ??= new BlockedReply(
      this.#loan,
      this.#writeTimeoutMs,
      (count) => this.#onProgress(count),
      () => this.destroy(),
    );
    this.#blocked.send(isReused(rest) ? Buffer.from(rest) : rest, finished);
  }

  #afterInformational(done: Done): Done {
    return (error) => {
      if (!error) this.#loan.endInformational();
      done(error);
    };
  }

  #onProgress(count: number): void {
    this.bytesWritten += count;
    this.#timer?.refresh();
    noteWhole(this.#loan, this.outgoing);
  }
}
