/**
 * The C library calls that Node does not offer, through koffi; the one file that imports it. Main
 * thread only. Works with glibc, musl and macOS.
 */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
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
const SHUT_RDWR = 2;
const RLIMIT_NOFILE = IS_LINUX ? 7 : 8;
/** RLIM_INFINITY is the largest number there is on Linux, and half of it on macOS. */
const NO_LIMIT = 2 ** 62;
const POLLIN = 0x1;
const POLLERR = 0x8;
const POLLHUP = 0x10;

export interface Libc {
  /** A duplicate that child processes don't inherit. Throws when descriptors are used up. */
  duplicate(descriptor: number): number;
  close(descriptor: number): void;
  /** A pipe that neither blocks nor is inherited: [read end, write end]. */
  createPipe(): [number, number];
  /** The next connection that waits at a listening descriptor; else a negative errno, EAGAIN's if none waits. */
  acceptNext(listener: number): number;
  /** Ends both directions of a connection without closing any descriptor. */
  shutdown(descriptor: number): void;
  /** A child process that was given a connection's duplicate may have made all of them blocking. */
  setNonBlocking(descriptor: number): void;
  /** How many descriptors this process may have; Infinity where there is no limit. */
  descriptorLimit(): number;
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
  const shutdown = library.func('int shutdown(int fd, int how)');
  const pollDescriptor = koffi.struct({ fd: 'int', events: 'short', revents: 'short' });
  const poll = library.func('poll', 'int', [koffi.inout(koffi.pointer(pollDescriptor)), 'unsigned long', 'int']);
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
    shutdown(descriptor) {
      shutdown(descriptor, SHUT_RDWR);
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
