/** Errors as `net.Socket` and node's streams have them: apps look at their codes. */
import { constants } from 'node:os';

/** A system call failed, or was given up. */
const systemError = (syscall: string, code: keyof typeof constants.errno): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { errno: -constants.errno[code], code, syscall });

/** Reading from a connection that the client has reset. */
export const readReset = (): Error => systemError('read', 'ECONNRESET');

/** A write that was under way when its socket was destroyed. */
export const writeCanceled = (): Error => systemError('write', 'ECANCELED');

/** A failed write, from the error that `fs.writeSync` threw. */
export const writeFailed = (cause: unknown): Error => {
  const { code, errno } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(`write ${code}`), { errno, code, syscall: 'write' });
};

/** A write to a stream that is gone. */
export const streamDestroyed = (): Error =>
  Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });

/** What a request is destroyed with when its connection has closed before the reply was written. */
export const aborted = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' });

/** The acceptor has no connection any more to go on writing to. */
export const connectionLost = (): Error =>
  Object.assign(new Error('The connection was taken back'), { code: 'ECONNABORTED' });
