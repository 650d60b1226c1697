/**
 * What real code meets instead of the event loop, sockets, pipes, timers and the clock while the
 * model runs it: everything that would happen later is only noted, so that the search decides when
 * it does. Node's own functions are replaced where the code looks them up (`net.Socket`,
 * `setImmediate`, `fs.writeSync`, ...), and so is the plain data of ring entries; all is put back after
 * the search, which is synchronous.
 */
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { RingReader, RingWriter } from '../../../src/shared/memory/ring-bytes.ts';
import { CLOSE, INODE, type Tape, WRITE } from './tape.ts';

/** Descriptors of the model begin here; smaller ones are the process's own. */
export const FIRST_DESCRIPTOR = 1_000_000;
const BELLS = FIRST_DESCRIPTOR + 1000;
export const ACCEPTOR_BELL: number = BELLS;
export const threadBell = (line: number): number => BELLS + line;
export const isBell = (descriptor: number): boolean => descriptor >= BELLS;
/** Which bell: 0 the acceptor's, else the line's. */
export const bellOf = (descriptor: number): number => descriptor - BELLS;

export interface FakeTimer {
  readonly run: () => void;
  isArmed: boolean;
  isUnref: boolean;
  refresh(): void;
  unref(): FakeTimer;
}

/** What stands in a ring entry beside its state. */
export interface EntryContent {
  readonly descriptor: number;
  readonly bytes: Uint8Array;
  /** Of the connection. */
  readonly serial: number;
}

/** What one actor's code has set going. */
export interface Host {
  readonly tape: Tape;
  readonly immediates: (() => void)[];
  readonly timers: FakeTimer[];
  readonly sockets: FakeSocket[];
  onBell: () => void;
  /** The model's clock: counts events. */
  clock: number;
  /** What a thread writes as a number: which reply. */
  readonly readReply: (bytes: Uint8Array) => number;
  /** The acceptor writes an entry, a thread reads one. */
  readonly writeEntry: (index: number, content: EntryContent) => void;
  readonly readEntry: (index: number) => EntryContent;
  readonly whenDestroyed: (socket: FakeSocket) => void;
  readonly whenWritten: (socket: FakeSocket, bytes: Uint8Array | undefined) => void;
}

let current: Host | undefined;

const host = (): Host => {
  if (current === undefined) throw new Error('No code of the model runs.');
  return current;
};

/** Runs an actor's code. */
export function inside<Result>(of: Host, run: () => Result): Result {
  current = of;
  try {
    return run();
  } finally {
    current = undefined;
  }
}

interface SocketOptions {
  readonly fd?: number;
  readonly handle?: FakeHandle;
  readonly onread: { readonly buffer: Uint8Array; readonly callback: (length: number, bytes: Uint8Array) => boolean };
}

export interface FakeHandle {
  readonly fd: number;
  reading: boolean;
  readStart(): number;
  readStop(): number;
  close(): void;
}

export const createHandle = (fd: number): FakeHandle => ({
  fd,
  reading: true,
  readStart: () => 0,
  readStop: () => 0,
  close() {},
});

/** As much of a `net.Socket` as the acceptor asks of one. Emits nothing by itself. */
export class FakeSocket extends EventEmitter {
  readonly _handle: FakeHandle | null;
  readonly #onRead: SocketOptions['onread'];
  destroyed = false;
  hasEnded = false;
  /** 'close' is on its way. */
  closes = false;
  readonly flushes: (() => void)[] = [];
  /** Which reply was written last: what follows its flush depends on it. */
  reply = 0;

  constructor({ fd, handle, onread }: SocketOptions) {
    super();
    this._handle = handle ?? null;
    this.#onRead = onread;
    if (fd !== undefined) host().onBell = () => void onread.callback(1, onread.buffer);
    else host().sockets.push(this);
  }

  receive(bytes: Uint8Array): void {
    this.#onRead.buffer.set(bytes, 0);
    const goesOn = this.#onRead.callback(bytes.length, this.#onRead.buffer);
    if (this._handle !== null && !goesOn) this._handle.reading = false;
  }

  write(bytes: Uint8Array, whenFlushed: () => void): boolean {
    // A destroyed socket's write fails, and that too is told through the callback.
    if (!this.destroyed) host().whenWritten(this, bytes);
    this.flushes.push(whenFlushed);
    return true;
  }

  end(bytes?: Uint8Array): this {
    this.hasEnded = true;
    if (!this.destroyed) host().whenWritten(this, bytes);
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.closes = true;
    host().whenDestroyed(this);
    return this;
  }

  unref(): this {
    return this;
  }
}

const createTimer = (run: () => void): FakeTimer => {
  const timer: FakeTimer = {
    run,
    isArmed: true,
    isUnref: false,
    refresh: () => (timer.isArmed = true),
    unref() {
      timer.isUnref = true;
      return timer;
    },
  };
  host().timers.push(timer);
  return timer;
};

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

const BROKEN_PIPE = -1;

const write = (descriptor: number, bytes: Uint8Array): number => {
  const { tape, readReply } = host();
  const written = tape.access(WRITE, descriptor, isBell(descriptor) ? 0 : readReply(bytes), 0);
  if (written === BROKEN_PIPE) throw systemError('EPIPE');
  return isBell(descriptor) ? written : bytes.length;
};

const inode = (descriptor: number): number => {
  const ino = host().tape.access(INODE, descriptor, 0, 0);
  if (ino === 0) throw systemError('EBADF');
  return ino;
};

/** Where a thread finds the bytes of its requests. */
const BYTES_AT = 4096;

function writeEntry(...[index, descriptor, { serial }, source, start, end]: Parameters<RingWriter['write']>): boolean {
  host().writeEntry(index, { descriptor, bytes: source.subarray(start, end), serial });
  return true;
}

function readEntry(this: RingReader, index: number): void {
  const { descriptor, bytes, serial } = host().readEntry(index);
  this.bytes.set(bytes, BYTES_AT);
  this.descriptor = descriptor;
  this.serial = serial;
  this.start = BYTES_AT;
  this.headEnd = this.end = BYTES_AT + bytes.length;
}

const realNow = performance.now;
const realAllocate = Buffer.allocUnsafeSlow;
const READ_BYTES = Buffer.alloc(64 * 1024);

/** Runs a search. Nothing else runs meanwhile. */
export function withFakeNode<Result>(run: () => Result): Result {
  const real = { writeSync: fs.writeSync, closeSync: fs.closeSync, fstatSync: fs.fstatSync, Socket: net.Socket };
  const { write: realWriteEntry } = RingWriter.prototype;
  const { read: realReadEntry } = RingReader.prototype;
  RingWriter.prototype.write = writeEntry;
  RingReader.prototype.read = readEntry;
  const globals = { setImmediate, setTimeout, clearTimeout, setInterval };
  Object.assign(fs, {
    writeSync: (descriptor: number, bytes: Uint8Array) =>
      descriptor < FIRST_DESCRIPTOR ? real.writeSync(descriptor, bytes) : write(descriptor, bytes),
    closeSync: (descriptor: number) =>
      descriptor < FIRST_DESCRIPTOR ? real.closeSync(descriptor) : host().tape.access(CLOSE, descriptor, 0, 0),
    fstatSync: (descriptor: number) =>
      descriptor < FIRST_DESCRIPTOR ? real.fstatSync(descriptor) : { ino: inode(descriptor) },
  });
  syncBuiltinESMExports();
  Object.assign(net, { Socket: FakeSocket });
  Object.assign(globalThis, {
    setImmediate: (callback: () => void) => host().immediates.push(callback),
    setTimeout: createTimer,
    setInterval: createTimer,
    clearTimeout: (timer: FakeTimer | undefined) => timer !== undefined && (timer.isArmed = false),
  });
  // One life runs at a time: all can read into the same bytes.
  Buffer.allocUnsafeSlow = (size) => READ_BYTES.subarray(0, size);
  performance.now = () => current?.clock ?? 0;
  try {
    return run();
  } finally {
    Object.assign(fs, { writeSync: real.writeSync, closeSync: real.closeSync, fstatSync: real.fstatSync });
    syncBuiltinESMExports();
    Object.assign(net, { Socket: real.Socket });
    RingWriter.prototype.write = realWriteEntry;
    RingReader.prototype.read = realReadEntry;
    Object.assign(globalThis, globals);
    Buffer.allocUnsafeSlow = realAllocate;
    // The prototype's is there again, or the process's own.
    performance.now = realNow;
  }
}
