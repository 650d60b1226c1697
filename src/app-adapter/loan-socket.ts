/**
 * `req.socket` and `res.socket` of a request loan: a stream that never reads and writes to the
 * connection's write descriptor. It lives as long as the loan and behaves towards `req`, `res` and
 * the app as the server's `net.Socket` does, in every event and flag that a stream has.
 *
 * Runs in the worker thread. The loan ends exactly once, in `endLoan()`; nothing is written after.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex, type DuplexOptions } from 'node:stream';
import { BlockedReply } from './blocked-reply.ts';
import type { RequestLoan } from './loan.ts';
import { type NodeRequest, type NodeResponse, type NodeServer, startFlowing } from './node-internals.ts';
import { type Chunk, beginsInformational, bytesOf, bytesOfAll, isReused } from './reply-bytes.ts';
import { SocketTimer } from './socket-timer.ts';

type Done = (error?: Error | null) => void;

/** Requests whose loan has not ended, in this thread. */
export const openSockets: Set<LoanSocket> = new Set();

/** As node's own: reads never end by themselves, `'close'` is emitted by us a turn after the destruction. */
let options: DuplexOptions = { allowHalfOpen: true, decodeStrings: false, emitClose: false };

const optionsFor = (highWaterMark: number | undefined): DuplexOptions => {
  if (options.highWaterMark !== highWaterMark) {
    options = { allowHalfOpen: true, decodeStrings: false, emitClose: false };
    if (highWaterMark !== undefined) options.highWaterMark = highWaterMark;
  }
  return options;
};

const destroyedError = (): Error =>
  Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });

/** The error that a `net.Socket` has for a failed write, from the one that `fs.writeSync` threw. */
const writeError = (cause: unknown): Error => {
  const { code, errno } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(`write ${code}`), { errno, code, syscall: 'write' });
};

const emitClose = (socket: LoanSocket, blocked: BlockedReply | undefined, hadError: boolean): void => {
  try {
    blocked?.cancel();
    socket.emit('close', hadError);
  } finally {
    socket.endLoan();
  }
};

const finishEnd = (socket: LoanSocket, done: Done): void => {
  done();
  setImmediate(endWithClient, socket);
};

/** The app half-closed the connection: its client answers with its own end, and so it closes. */
const endWithClient = (socket: LoanSocket): void => {
  if (!socket.destroyed && !socket.readableEnded) socket.emitEnd();
};

export class LoanSocket extends Duplex {
  readonly server: Server;
  incoming: NodeRequest | undefined;
  outgoing: NodeResponse | undefined;
  /** From `res` `'finish'` on: the socket's close aborts no request any more. */
  isAnswered = false;
  declare readonly encrypted?: true;
  readonly connecting: boolean = false;
  readonly pending: boolean = false;
  readonly bytesRead: number = 0;
  bytesWritten = 0;
  declare timeout?: number;
  readonly #loan: RequestLoan;
  readonly #writeTimeoutMs: number;
  #hasEnded = false;
  #blocked: BlockedReply | undefined;
  #timer: SocketTimer | undefined;

  constructor(loan: RequestLoan, server: NodeServer, writeTimeoutMs: number) {
    super(optionsFor(server.highWaterMark));
    this.server = server;
    this.#loan = loan;
    this.#writeTimeoutMs = writeTimeoutMs;
    startFlowing(this);
    if (loan.addresses.encrypted) Object.defineProperty(this, 'encrypted', { value: true, enumerable: true });
    openSockets.add(this);
  }

  /** True once the loan has ended: the connection may already serve another request. */
  get isOver(): boolean {
    return this.#hasEnded || this.#loan.isOver;
  }

  /** Ends the loan, once. The connection lives on if the reply is whole and nobody wanted it closed. */
  endLoan(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    openSockets.delete(this);
    this.#timer?.clear();
    this.#blocked?.destroy();
    const response = this.outgoing;
    this.#loan.end(response !== undefined && !response._last && !this.destroyed && !this.writableEnded);
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
    this.#send(bytesOfAll(chunks), first !== undefined && this.#isInformational(first.chunk), done);
  }

  override _final(done: Done): void {
    if (this.#hasEnded) this.#loan.closeIfIdle();
    // In a turn of its own, as the shutdown of a real socket.
    setImmediate(finishEnd, this, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#timer?.clear();
    this.#blocked?.destroy();
    if (this.#hasEnded) this.#loan.closeIfIdle();
    done(error);
    // 'error' comes on the next tick, 'close' when a real handle would have closed: a turn later.
    setImmediate(emitClose, this, this.#blocked, error !== null);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  setTimeout(timeoutMs: number, listener?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = timeoutMs;
    this.#timer ??= new SocketTimer(this);
    this.#timer.set(timeoutMs, listener, !this.#hasEnded);
    return this;
  }

  override setEncoding(): this {
    throw Object.assign(new Error('Changing the socket encoding is not allowed per RFC7230 Section 3.'), {
      code: 'ERR_HTTP_SOCKET_ENCODING',
    });
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  address(): AddressInfo | Record<string, never> {
    const { localAddress, localPort, localFamily } = this;
    if (localAddress === undefined || localPort === undefined || localFamily === undefined) return {};
    return { address: localAddress, family: localFamily, port: localPort };
  }

  get remoteAddress(): string | undefined {
    return this.#loan.addresses.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#loan.addresses.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#loan.addresses.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.#loan.addresses.localAddress;
  }

  get localPort(): number | undefined {
    return this.#loan.addresses.localPort;
  }

  get localFamily(): string | undefined {
    return this.#loan.addresses.localFamily;
  }

  get readyState(): string {
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number {
    return this.writableLength;
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
      done(destroyedError());
      return;
    }
    const finished = isInformational ? this.#afterInformational(done) : done;
    let written: number;
    try {
      written = this.#loan.write(bytes);
    } catch (error) {
      done(writeError(error));
      return;
    }
    this.bytesWritten += written;
    if (written === bytes.length) {
      finished();
      return;
    }
    const rest = bytes.subarray(written);
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
  }
}
