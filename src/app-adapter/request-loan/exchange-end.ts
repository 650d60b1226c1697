/**
 * The end of a request: what node's server does when a reply is written, and the end of the loan in
 * the tick that emits `res` `'close'`, whatever the app's listeners throw. Worker threads.
 */
import { channel } from 'node:diagnostics_channel';
import { type LoanSocket, openSockets } from './loan-socket.ts';
import { type NodeResponse, detachAbortSignal, discardUnread, emitResponseClose } from '../node-internals.ts';

const responseFinish = channel('http.server.response.finish');

/** Where a reply finds its socket; `res.socket` is empty once the reply is detached. */
const LOAN_SOCKET = Symbol('loan socket');

interface LentResponse extends NodeResponse {
  [LOAN_SOCKET]: LoanSocket;
}

/** Ends the exchange when the reply is written. To be called after the reply was given its socket, before the app sees it. */
export const endWithReply = (response: NodeResponse, socket: LoanSocket): void => {
  (response as LentResponse)[LOAN_SOCKET] = socket;
  response.on('finish', onResponseFinish);
};

function onResponseFinish(this: NodeResponse): void {
  const socket = (this as LentResponse)[LOAN_SOCKET];
  const request = this.req;
  if (responseFinish.hasSubscribers) {
    responseFinish.publish({ request, response: this, socket, server: socket.server });
  }
  finishExchange(this, socket);
}

const finishExchange = (response: NodeResponse, socket: LoanSocket): void => {
  const request = socket.incoming;
  socket.isAnswered = true;
  if (request !== undefined) {
    detachAbortSignal(request);
    discardUnread(request);
  }
  if (response.socket !== null) response.detachSocket(response.socket);
  process.nextTick(closeExchange, response, socket);
  if (response._last) socket.destroySoon();
};

const closeExchange = (response: NodeResponse, socket: LoanSocket): void => {
  try {
    emitResponseClose(response);
  } finally {
    // A body ends in a turn of its own: no other request of the connection may come before that.
    if (socket.incoming?.complete === false) socket.endsWithBody = true;
    else socket.endLoan();
  }
};

let isWatchingUncaught = false;

/**
 * A callback that throws in an app that handles `'uncaughtException'` can take `'finish'` with it.
 * A reply that is ended and written then ends its loan all the same.
 */
export const watchUncaught = (): void => {
  if (isWatchingUncaught) return;
  isWatchingUncaught = true;
  process.on('uncaughtExceptionMonitor', () => setImmediate(endForgotten));
};

const endForgotten = (): void => {
  for (const socket of openSockets.all()) {
    const response = socket.outgoing;
    if (response === undefined || socket.isAnswered || socket.destroyed) continue;
    if (response.writableEnded && response.writableLength === 0) finishExchange(response, socket);
  }
};
