/**
 * Ends a lent connection with a reply of our own. The acceptor, which has the connection too, then
 * discards what the client still sends, so that the reply is not destroyed by a reset. Worker threads.
 */
import type { Socket } from 'node:net';

const ignore = (): void => {};

/** Writes the bytes, half-closes, and lets go of the duplicate when the kernel has them. */
export function endWith(socket: Socket, bytes: Buffer): void {
  // The parser is done with this connection: nothing that is unread may become a request.
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  socket.pause();
  socket.on('error', ignore);
  socket.setTimeout(0);
  socket.end(bytes, () => socket.destroy());
}
