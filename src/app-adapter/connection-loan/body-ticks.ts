/**
 * Lets ticks and promises run between the pieces of a lent connection's body, and before its end.
 * Under node:http they do, since the parser of a socket is called from C++; that of a lent socket
 * is called from a listener, where they would wait until all bytes that were read are parsed.
 * In comes a socket that node's server has taken. Worker threads.
 */
import type { Socket } from 'node:net';
import { afterBodyPieces, runTicks } from '../node-internals.ts';

/** A tick may begin to read another connection, whose ticks run within: this bounds the stack. */
const MAX_DEPTH = 16;

let depth = 0;

const rethrow = (error: unknown): never => {
  throw error;
};

export const tickAfterBodyPieces = (socket: Socket): void => {
  afterBodyPieces(socket, () => {
    // A tick that resumed the socket would parse what is buffered within this very parsing: its state is not for two.
    if (depth === MAX_DEPTH || socket.readableLength > 0) return;
    depth += 1;
    try {
      runTicks();
    } catch (error) {
      // Out of here it would be the parser's error, and the client's fault; it is an uncaught exception.
      process.nextTick(rethrow, error);
    } finally {
      depth -= 1;
    }
  });
};
