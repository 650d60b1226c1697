/**
 * The C library calls that Node does not offer, through koffi; the one file that imports it. Main
 * thread only. Works with glibc, musl and macOS.
 */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, endianness } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { createError } from '../shared/errors/errors.ts';

const IS_LINUX = process.platform === 'linux';

/** From the systems' headers; they differ between Linux and macOS. */
const F_DUPFD_CLOEXEC = IS_LINUX ? 1030 : 67;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const O_NONBLOCK = IS_LINUX ? 0x800 : 0x4;
const O_CLOEXEC = 0x80000;
/** Linux: SOCK_NONBLOCK | SOCK_CLOEXEC, the same bits as a file's. */
const ACCEPT_FLAGS = O_NONBLOCK | O_CLOEXEC;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
const AF_INET = 2;
const AF_INET6 = IS_LINUX ? 10 : 30;
/** How an IPv6 address begins that is an IPv4 one. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const RLIMIT_NOFILE = IS_LINUX ? 7 : 8;
/** RLIM_INFINITY is the largest number there is on Linux, and half of it on macOS. */
const NO_LIMIT = 2 ** 62;
const MSG_DONTWAIT = IS_LINUX ? 0x40 : 0x80;
const POLLIN = 0x1;
const POLLERR = 0x8;
const POLLHUP = 0x10;

/** What `receive` gives when nothing has come, and `acceptNext` when nobody waits. */
export const NOTHING_YET: number = -constants.errno.EAGAIN;

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface Libc {
  /** A duplicate that child processes don't inherit. Throws when descriptors are used up. */
  duplicate(descriptor: number): number;
  close(descriptor: number): void;
  /** A pipe that neither blocks nor is inherited: [read end, write end]. */
  createPipe(): [number, number];
  /** The next connection that waits at a listening descriptor; else a negative errno, `NOTHING_YET` if none waits. */
  acceptNext(listener: number): number;
  /** Reads what is there into the buffer: how many bytes, 0 at the end, else a negative errno, `NOTHING_YET` if there is nothing. */
  receive(descriptor: number, buffer: Uint8Array): number;
  /** One end's address of a connection over IPv4. Undefined: it is of another kind, or over. */
  addressOf(descriptor: number, end: 'remote' | 'local'): SocketAddress | undefined;
  /** Ends both directions of a connection without closing any descriptor. */
  shutdown(descriptor: number): void;
  /** Ends our direction of a connection. */
  endWrite(descriptor: number): void;
  /** A child process that was given a connection's duplicate may have made all of them blocking. */
  setNonBlocking(descriptor: number): void;
  /** How many descriptors this process may have; Infinity where there is no limit. */
  descriptorLimit(): number;
  /**
   * Waits until one of the first `count` entries of `request` is ready, or `waitMs` have passed. An
   * entry is a `pollfd` as two words; what there is comes into the upper half of the second.
   */
  waitForAny(request: Int32Array, count: number, waitMs: number): void;
  /** Blocks this thread, and its event loop. */
  sleep(microseconds: number): void;
  /** Readable when the main thread's event loop has something to do. -1: it can't be had. */
  eventLoopDescriptor(): number;
  /** Whether bytes, or an end, wait to be read. */
  hasUnread(descriptor: number): boolean;
  /** Whether the connection is gone, not just half closed. */
  isReset(descriptor: number): boolean;
  /** Ends the process at once: Node's own exit waits for threads, also for one that native code holds. */
  exit(code: number): void;
}

function load(): Libc {
  // Here and not at the top: an app that imports this package in a thread needs no koffi.
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const library = koffi.load(null);
  // Variadic, as its C declaration: on Apple silicon variadic arguments travel another way.
  const fcntl = library.func('int fcntl(int fd, int command, ...)');
  const recv = library.func('long recv(int fd, void *buffer, size_t length, int flags)');
  const getpeername = library.func('int getpeername(int fd, void *address, void *length)');
  const getsockname = library.func('int getsockname(int fd, void *address, void *length)');
  const socketAddress = new Uint8Array(128);
  const sizeOfAddress = new Uint32Array(1);
  const shutdown = library.func('int shutdown(int fd, int how)');
  const pollDescriptor = koffi.struct({ fd: 'int', events: 'short', revents: 'short' });
  const poll = library.func('poll', 'int', [koffi.inout(koffi.pointer(pollDescriptor)), 'unsigned long', 'int']);
  const pollAll = library.func('int poll(void *request, unsigned long count, int waitMs)');
  const usleep = library.func('int usleep(unsigned int microseconds)');
  const limits = koffi.struct({ soft: 'uint64_t', hard: 'uint64_t' });
  const exit = library.func('void _exit(int code)');
  const getrlimit = library.func('getrlimit', 'int', ['int', koffi.out(koffi.pointer(limits))]);
  const fail = (call: string): never => {
    const code = Object.entries(koffi.os.errno).find(([, number]) => number === koffi.errno())?.[0] ?? 'unknown error';
    throw Object.assign(new Error(`${call}: ${code}`), { code, syscall: call });
  };
  const setFlags = (descriptor: number, bits: number): void => {
    const flags = fcntl(descriptor, F_GETFL, 'int', 0);
    if (flags !== -1 && (flags & bits) !== bits) fcntl(descriptor, F_SETFL, 'int', flags | bits);
  };

  return {
    duplicate(descriptor) {
      const duplicate: number = fcntl(descriptor, F_DUPFD_CLOEXEC, 'int', 0);
      return duplicate === -1 ? fail('fcntl') : duplicate;
    },
    close(descriptor) {
      closeSync(descriptor);
    },
    createPipe: IS_LINUX ? createLinuxPipe() : createPosixPipe(),
    acceptNext: IS_LINUX ? createLinuxAccept() : createPosixAccept(),
    receive(descriptor, buffer) {
      const length: number = recv(descriptor, buffer, buffer.length, MSG_DONTWAIT);
      return length === -1 ? -koffi.errno() : length;
    },
    addressOf(descriptor, end) {
      sizeOfAddress[0] = socketAddress.length;
      const ask = end === 'remote' ? getpeername : getsockname;
      return ask(descriptor, socketAddress, sizeOfAddress) === 0 ? readAddress(socketAddress) : undefined;
    },
    shutdown(descriptor) {
      shutdown(descriptor, SHUT_RDWR);
    },
    endWrite(descriptor) {
      shutdown(descriptor, SHUT_WR);
    },
    setNonBlocking(descriptor) {
      setFlags(descriptor, O_NONBLOCK);
    },
    descriptorLimit() {
      const limit = { soft: 0, hard: 0 };
      if (getrlimit(RLIMIT_NOFILE, limit) === -1) return Number.POSITIVE_INFINITY;
      const soft = Number(limit.soft);
      return soft >= NO_LIMIT ? Number.POSITIVE_INFINITY : soft;
    },
    waitForAny(request, count, waitMs) {
      pollAll(request, count, waitMs);
    },
    sleep(microseconds) {
      usleep(microseconds);
    },
    eventLoopDescriptor() {
      // The halves of a `pollfd`'s second word are the other way round elsewhere, and macOS has no such descriptor.
      if (!IS_LINUX || endianness() !== 'LE' || !isMainThread) return -1;
      try {
        const loop: unknown = library.func('void *uv_default_loop()')();
        return library.func('int uv_backend_fd(void *loop)')(loop) as number;
      } catch {
        // A Node that does not export libuv.
        return -1;
      }
    },
    hasUnread(descriptor) {
      const request = { fd: descriptor, events: POLLIN, revents: 0 };
      poll(request, 1, 0);
      return request.revents !== 0;
    },
    isReset(descriptor) {
      const request = { fd: descriptor, events: 0, revents: 0 };
      poll(request, 1, 0);
      return (request.revents & (POLLERR | POLLHUP)) !== 0;
    },
    exit(code) {
      exit(code);
    },
  };

  function createLinuxAccept(): (listener: number) => number {
    const accept4 = library.func('int accept4(int listener, void *address, void *length, int flags)');
    return (listener) => {
      const descriptor: number = accept4(listener, null, null, ACCEPT_FLAGS);
      return descriptor === -1 ? -koffi.errno() : descriptor;
    };
  }

  function createPosixAccept(): (listener: number) => number {
    const accept = library.func('int accept(int listener, void *address, void *length)');
    return (listener) => {
      const descriptor: number = accept(listener, null, null);
      if (descriptor === -1) return -koffi.errno();
      fcntl(descriptor, F_SETFD, 'int', FD_CLOEXEC);
      setFlags(descriptor, O_NONBLOCK);
      return descriptor;
    };
  }

  function createLinuxPipe(): () => [number, number] {
    const pipe2 = library.func('int pipe2(_Out_ int *ends, int flags)');
    return () => {
      const ends = [-1, -1] as [number, number];
      return pipe2(ends, O_NONBLOCK | O_CLOEXEC) === -1 ? fail('pipe2') : ends;
    };
  }

  function createPosixPipe(): () => [number, number] {
    const pipe = library.func('int pipe(_Out_ int *ends)');
    return () => {
      const ends = [-1, -1] as [number, number];
      if (pipe(ends) === -1) fail('pipe');
      for (const end of ends) {
        fcntl(end, F_SETFD, 'int', FD_CLOEXEC);
        setFlags(end, O_NONBLOCK);
      }
      return ends;
    };
  }
}

/** `sockaddr_in`, or a `sockaddr_in6` that holds an IPv4 address; the family's place differs on macOS. */
export function readAddress(bytes: Uint8Array): SocketAddress | undefined {
  const family = bytes[IS_LINUX ? 0 : 1];
  const port = (byteAt(bytes, 2) << 8) | byteAt(bytes, 3);
  if (family === AF_INET) return { address: dotted(bytes, 4), port };
  if (family !== AF_INET6) return undefined;
  for (let index = 0; index < MAPPED.length; index += 1) if (bytes[8 + index] !== MAPPED[index]) return undefined;
  return { address: `::ffff:${dotted(bytes, 20)}`, port };
}

const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

const dotted = (bytes: Uint8Array, at: number): string =>
  `${byteAt(bytes, at)}.${byteAt(bytes, at + 1)}.${byteAt(bytes, at + 2)}.${byteAt(bytes, at + 3)}`;

let loaded: Libc | undefined;

/** Loads it once. Throws PlatformError where there is none that we can reach. */
export function loadLibc(): Libc {
  try {
    loaded ??= load();
  } catch (error) {
    throw createError('PLATFORM_NO_LIBC', { reason: error instanceof Error ? error.message : String(error) });
  }
  return loaded;
}
