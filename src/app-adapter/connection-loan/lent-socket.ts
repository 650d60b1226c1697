/**
 * The `net.Socket` of a connection loan: adopts the duplicate, and gives its owner a say before
 * bytes go out, when reading goes on, and when somebody destroys it. Everything else is Node's.
 * Worker threads.
 */
import net, { type AddressInfo } from 'node:net';
import type { ConnectionAddresses } from '../loan.ts';
import { isPausedByServer } from '../node-internals.ts';

export interface LentSocketOwner {
  /** Asked before each write. False: the bytes go nowhere. */
  mayWrite(isInformational: boolean): boolean;
  /** The kernel has taken a write, or it failed. */
  onWritten(): void;
  /** The kernel has not taken all of a write yet. */
  onBlocked(): void;
  /** Asked at each `destroy()`. False: it is not meant, nothing happens. */
  mayDestroy(): boolean;
  onReadingAgain(): void;
}

type WriteCallback = (error?: Error | null) => void;
interface Chunk {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

const INFORMATIONAL = 'HTTP/1.1 1';
/** 101 is a final reply: what follows it is another protocol. */
const SWITCHING = 'HTTP/1.1 101';

/** Whether these bytes are a 1xx reply, as node's `writeContinue` and its like write it. */
export const isInformationalReply = (bytes: Buffer | string): boolean => {
  const start =
    typeof bytes === 'string' ? bytes.slice(0, SWITCHING.length) : bytes.toString('latin1', 0, SWITCHING.length);
  return start.startsWith(INFORMATIONAL) && start !== SWITCHING;
};

const ADDRESSES = ['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'localFamily'] as const;

/**
 * All sockets of a thread read into it, one at a time. A buffer for each read would be 16 for an
 * upload of 1 MiB, each of new memory and a cause of collections: a third of what it costs.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Bytes that may be others' as soon as whoever was given them has returned. */
export const isShared = (bytes: Buffer): boolean => bytes.buffer === readBuffer.buffer;

/** Stream options that `net.Socket` passes on, as `net.Server` gives them to the sockets that it accepts. */
const bufferLimits = (highWaterMark: number | undefined): object =>
  highWaterMark === undefined ? {} : { readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark };

export class LentSocket extends net.Socket {
  #owner: LentSocketOwner | undefined;
  #isHeld = false;
  /** The `'data'` listeners that keep nothing of what they are given. 0: there may be others. */
  #sharing = 0;

  /** Throws what Node throws for a descriptor that it cannot adopt. */
  constructor(fd: number, addresses: ConnectionAddresses, highWaterMark?: number) {
    let onRead = (_length: number): boolean => true;
    const onread = { buffer: readBuffer, callback: (length: number): boolean => onRead(length) };
    const options = { fd, readable: true, writable: true, allowHalfOpen: true, onread };
    super({ ...options, ...bufferLimits(highWaterMark) });
    onRead = (length) => this.#whenRead(readBuffer.subarray(0, length));
    // Of the acceptor, not of the descriptor: that may be one end of a pair behind a TLS thread.
    for (const name of ADDRESSES) Object.defineProperty(this, name, { value: addresses[name], configurable: true });
    if (addresses.encrypted) Object.defineProperty(this, 'encrypted', { value: true });
  }

  override address(): AddressInfo | Record<string, never> {
    const { localAddress, localPort, localFamily } = this;
    if (localAddress === undefined) return {};
    return { address: localAddress, port: localPort ?? 0, family: localFamily ?? '' };
  }

  get owner(): LentSocketOwner | undefined {
    return this.#owner;
  }

  set owner(owner: LentSocketOwner) {
    this.#owner = owner;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: WriteCallback): void {
    const isInformational = isInformationalReply(chunk);
    this.#send(isInformational, callback, (done) => super._write(chunk, encoding, done));
  }

  override _writev(chunks: Chunk[], callback: WriteCallback): void {
    const isInformational = chunks.every(({ chunk }) => isInformationalReply(chunk));
    this.#send(isInformational, callback, (done) => net.Socket.prototype._writev?.call(this, chunks, done));
  }

  #send(isInformational: boolean, callback: WriteCallback, write: (done: WriteCallback) => void): void {
    // Nobody may hear of it: a loan that was taken back says nothing more.
    if (this.#owner?.mayWrite(isInformational) === false) return callback();
    let isTaken = false;
    write((error) => {
      isTaken = true;
      callback(error);
      this.#owner?.onWritten();
    });
    if (!isTaken) this.#owner?.onBlocked();
  }

  override destroy(error?: Error): this {
    return this.#owner?.mayDestroy() === false ? this : super.destroy(error);
  }

  /** Gives them to its reader as a push would, or keeps a copy. False stops reading. */
  #whenRead(bytes: Buffer): boolean {
    const isShareable = this.#sharing > 0 && this.listenerCount('data') === this.#sharing;
    if (!isShareable || this.readableFlowing !== true || this.readableLength > 0) return this.push(Buffer.from(bytes));
    this.emit('data', bytes);
    return true;
  }

  /** Who listens for `'data'` now keeps nothing: node's parser copies what it needs. Whoever comes later gets copies. */
  shareReads(): void {
    this.#sharing = this.listenerCount('data');
  }

  /** From now on what is read is its reader's. */
  stopSharing(): void {
    this.#sharing = 0;
  }

  /** Reads no more, whoever resumes it, until `release()`. What has been read stays buffered. */
  hold(): void {
    this.#isHeld = true;
    this.pause();
  }

  release(): void {
    this.#isHeld = false;
    // Node's server resumes it by itself, and asserts that nobody else does.
    if (!isPausedByServer(this)) this.resume();
  }

  /** Ends the hold and leaves reading as it is: for a socket that changes hands. */
  forgetHold(): void {
    this.#isHeld = false;
  }

  override resume(): this {
    if (this.#isHeld) return this;
    this.#owner?.onReadingAgain();
    return super.resume();
  }
}
