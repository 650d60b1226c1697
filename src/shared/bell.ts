/**
 * A bell is a pipe: one byte wakes the other side's event loop. Cheaper than a message (5.7 us
 * against 10.5), and it wakes a thread that waits in epoll at once.
 */
import { writeSync } from 'node:fs';
import net from 'node:net';

const BYTE = Buffer.from([1]);

/** Rings. A full pipe holds rings enough, and the end of a dead thread hears nothing: both are fine. */
export function ring(writeEnd: number): void {
  try {
    writeSync(writeEnd, BYTE);
  } catch {
    // EAGAIN or EPIPE, see above.
  }
}

/** Hears the bell whose read end this is. Owns the descriptor. */
export function hear(readEnd: number, onRing: () => void): net.Socket {
  const buffer = Buffer.alloc(64);
  const callback = (): boolean => {
    onRing();
    return true;
  };
  const options = { fd: readEnd, readable: true, writable: false, onread: { buffer, callback } };
  return new net.Socket(options);
}
