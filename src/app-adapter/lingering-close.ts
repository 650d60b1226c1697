/**
 * Ends a connection so that its last reply arrives: a close with unread input resets it, and a reset
 * destroys what the client has not read yet. Worker threads.
 */
import type { Socket } from 'node:net';

/** How long input is discarded after the reply. An immediate close lost 12 of 200 answers. */
const LINGER_MS = 1000;

const ignore = (): void => {};

/** Writes the bytes, half-closes, discards input until the client closes too or time is up. */
export function linger(socket: Socket, bytes: Buffer): void {
  // The parser is done with this connection: nothing of what is discarded may be read as a request.
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  socket.on('error', ignore);
  socket.on('data', ignore);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const look = (): void => {
    if (socket.writableFinished && socket.readableEnded) socket.destroy();
  };
  socket.once('finish', look);
  socket.once('end', look);
  socket.once('close', () => clearTimeout(timer));
  socket.setTimeout(0);
  socket.end(bytes);
  socket.resume();
}
