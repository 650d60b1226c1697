/**
 * The listeners that node's server has on each of its sockets, for a LoanSocket: the same
 * decisions in the same order, so that an app sees one client leave as it does under `node:http`.
 * They are attached before the app sees the socket, so they run first. `this` is the socket.
 */
import type { LoanSocket } from './loan-socket.ts';
import { type NodeServer, emitResponseDrain, hasOnlyListeners, responseOn } from '../node-internals.ts';
import { aborted } from './socket-errors.ts';

/** What `node:http` answers an `'error'` with that no `'clientError'` listener takes, if nothing was sent. */
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

const ignore = (): void => {};

function onTimeout(this: LoanSocket): void {
  const request = this.incoming;
  const isTakenByRequest = request !== undefined && !request.complete && request.emit('timeout', this);
  const isTakenByResponse = responseOn(this)?.emit('timeout', this) ?? false;
  const isTakenByServer = this.server.emit('timeout', this);
  if (!isTakenByRequest && !isTakenByResponse && !isTakenByServer) this.destroy();
}

function onError(this: LoanSocket, error: Error): void {
  this.removeListener('error', onError);
  // Further errors must not end the thread.
  if (this.listenerCount('error') === 0) this.on('error', ignore);
  if (this.server.emit('clientError', error, this)) return;
  if (this.writable && responseOn(this)?._headerSent !== true) this.write(BAD_REQUEST);
  this.destroy(error);
}

/** The client's FIN: the connection ends, or with `httpAllowHalfOpen` ends with this reply. */
function onEnd(this: LoanSocket): void {
  const response = responseOn(this);
  if ((this.server as NodeServer).httpAllowHalfOpen === true && response !== undefined) response._last = true;
  else this.end();
}

function onClose(this: LoanSocket): void {
  if (!this.isAnswered) this.incoming?.destroy(aborted());
}

function onDrain(this: LoanSocket): void {
  const response = responseOn(this);
  if (response !== undefined) emitResponseDrain(response);
}

/** In the order of `node:http`. */
const OURS = { timeout: onTimeout, error: onError, end: onEnd, close: onClose, drain: onDrain };

export const attachListeners = (socket: LoanSocket): void => {
  for (const [event, listener] of Object.entries(OURS)) socket.on(event, listener);
};

/** Whether these are all: the app has none on the socket, and has taken none of ours away. */
export const hasOnlyOurListeners = (socket: LoanSocket): boolean => hasOnlyListeners(socket, OURS);
