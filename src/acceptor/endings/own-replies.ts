/**
 * The replies that the acceptor itself writes, and how a connection ends after them. Refusing is
 * one write of constant bytes. Every reply that closes is a lingering close: a close with unread
 * bytes in the kernel sends a reset, which can destroy the reply on its way.
 */
import type { CannedReply } from '../../shared/replies.ts';
import type { Connection } from '../connection.ts';
import { startReading } from '../node-internals.ts';

/** The form of a reply that this request asks for: no body for HEAD, and close when it asked to. */
export function bytesFor(reply: CannedReply, isHeadRequest: boolean, keepsAlive: boolean): Buffer {
  if (reply.closes || keepsAlive) return isHeadRequest ? reply.headBytes : reply.bytes;
  return isHeadRequest ? reply.closeHeadBytes : reply.closeBytes;
}

/** Gives the reply and ends the connection; the client's rest is discarded until it ends too. */
export function replyAndClose(connection: Connection, reply: CannedReply, now: number): void {
  connection.enter('lingering', now);
  connection.buffer = undefined;
  // `closes` or not, these bytes say so.
  connection.socket.end(bytesFor(reply, connection.isHeadRequest, false));
  startReading(connection.socket);
  if (connection.hasEnded) connection.socket.destroySoon();
}

/** Ends the connection after a thread's last reply. */
export function lingerAfterLoan(connection: Connection, now: number): void {
  connection.enter('lingering', now);
  connection.buffer = undefined;
  connection.socket.end();
  startReading(connection.socket);
  if (connection.hasEnded) connection.socket.destroySoon();
}

/** Gives the reply in a request's place; `onFlushed` once the kernel has it. */
export function replyAndKeep(connection: Connection, reply: CannedReply, now: number, onFlushed: () => void): void {
  connection.enter('replying', now);
  connection.socket.write(bytesFor(reply, connection.isHeadRequest, true), onFlushed);
}
