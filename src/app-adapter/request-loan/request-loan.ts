/**
 * Serves one lent request: makes the real `req` and `res` over a LoanSocket, emits `'request'` on
 * the app's server, delivers the body, and ends the loan in the tick that emits `res` `'close'`.
 * In comes a parsed head with its small body; out goes the reply, through the loan. Everything that
 * node's server does around a request is done here, in its order.
 *
 * Runs in the worker thread, one call for each request, from the thread's root async context and
 * from no microtask.
 */
import { AsyncResource } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Log, answerFailure, answerRejections } from '../app-failures.ts';
import type { RequestHead } from '../head-parser.ts';
import type { ClientGone, RequestLoan } from '../loan.ts';
import { endWithReply, watchUncaught } from './exchange-end.ts';
import { LoanSocket, openSockets } from './loan-socket.ts';
import {
  type NodeRequest,
  type NodeServer,
  copyUniqueHeaders,
  optimizesEmptyRequests,
  requestClassOf,
  responseClassOf,
} from '../node-internals.ts';
import { readReset } from './socket-errors.ts';
import { attachListeners } from './socket-listeners.ts';

export interface RequestSettings {
  /** What `Keep-Alive: timeout=` tells the client. */
  readonly keepAliveTimeoutMs: number;
  /** A reply is cut when bytes are queued and the kernel took none for so long; 0 waits for ever. */
  readonly writeTimeoutMs: number;
  /** True while the server drains: every reply says `connection: close`. */
  isDraining(): boolean;
  readonly log: Log;
}

const requestStart = channel('http.server.request.start');

/** As many header lines as node takes (name and value are one place each), unless `maxHeadersCount` says otherwise. */
const MAX_HEADER_PLACES = 2000;

/** Its type is the one that node's parser has: tools filter on it. Nobody waits for its destruction. */
const RESOURCE_TYPE = 'HTTPINCOMINGMESSAGE';
const RESOURCE_OPTIONS = Object.freeze({ requireManualDestroy: true });

const preparedServers = new WeakSet<Server>();

/** Makes req and res for a lent request and hands them to the app. The loan ends with them. */
export const serveRequest = (
  loan: RequestLoan,
  head: RequestHead,
  body: Buffer | undefined,
  httpServer: Server,
  settings: RequestSettings,
): void => {
  if (!preparedServers.has(httpServer)) prepareServer(httpServer, settings.log);
  const resource = new AsyncResource(RESOURCE_TYPE, RESOURCE_OPTIONS);
  const socket = new LoanSocket(loan, httpServer, settings.writeTimeoutMs);
  loan.onClientGone = (how) => clientGone(socket, how);
  loan.onRevoked = () => socket.destroy();
  const hasBody = body !== undefined && body.length > 0;
  // Node lets all ticks and microtasks run between a body and its end, but no immediate of the
  // handler's: ours stands in the queue before them.
  if (hasBody) setImmediate(completeInScope, resource, socket);
  try {
    resource.runInAsyncScope(dispatch, undefined, socket, head, httpServer, settings);
  } catch (error) {
    // Only a request or response class of the app's own can throw here: there is nobody to answer.
    settings.log('error', { err: error, method: head.method, url: head.target }, 'the request could not be made');
    socket.destroy();
    return;
  }
  try {
    if (hasBody) resource.runInAsyncScope(deliverBody, undefined, socket, body);
    else completeInScope(resource, socket);
  } catch (error) {
    // As under node:http what the app's listeners throw is an uncaught exception; it must not stop the caller.
    process.nextTick(rethrow, error);
  }
};

/** The replies that are under way say `connection: close` too, where their head is not written yet. */
export const closeAfterReplies = (): void => {
  for (const { outgoing } of openSockets) if (outgoing !== undefined) outgoing.shouldKeepAlive = false;
};

const dispatch = (socket: LoanSocket, head: RequestHead, server: NodeServer, settings: RequestSettings): void => {
  if (server.timeout) socket.setTimeout(server.timeout);
  attachListeners(socket);
  const request = makeRequest(socket, head, server);
  socket.incoming = request;
  const response = new (responseClassOf(server))(request, {
    highWaterMark: socket.writableHighWaterMark,
    rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites,
  });
  socket.outgoing = response;
  response._keepAliveTimeout = settings.keepAliveTimeoutMs;
  response.shouldKeepAlive = head.keepAlive && !settings.isDraining();
  copyUniqueHeaders(server, response);
  if (requestStart.hasSubscribers) requestStart.publish({ request, response, socket, server });
  if (optimizesEmptyRequests(server) && request.headers['content-length'] === undefined) {
    request._dumpAndCloseReadable?.();
    request._read(0);
  }
  response.assignSocket(socket as unknown as Socket);
  endWithReply(response, socket);
  try {
    server.emit('request', request, response);
  } catch (error) {
    answerFailure(error, request, response, settings.log);
  }
};

const makeRequest = (socket: LoanSocket, head: RequestHead, server: NodeServer): NodeRequest => {
  const request = new (requestClassOf(server))(socket as unknown as Socket);
  request.httpVersionMajor = 1;
  request.httpVersionMinor = head.isHttp10 ? 0 : 1;
  request.httpVersion = head.isHttp10 ? '1.0' : '1.1';
  request.joinDuplicateHeaders = server.joinDuplicateHeaders ?? false;
  request.url = head.target;
  request.upgrade = false;
  const places = typeof server.maxHeadersCount === 'number' ? server.maxHeadersCount * 2 : MAX_HEADER_PLACES;
  request._addHeaderLines(
    head.rawHeaders,
    places > 0 ? Math.min(head.rawHeaders.length, places) : head.rawHeaders.length,
  );
  request.method = head.method;
  return request;
};

const deliverBody = (socket: LoanSocket, body: Buffer): void => {
  const request = socket.incoming;
  if (request !== undefined && !request._dumped && !request.push(body)) socket.pause();
};

const completeInScope = (resource: AsyncResource, socket: LoanSocket): void => {
  try {
    resource.runInAsyncScope(completeRequest, undefined, socket);
  } finally {
    if (socket.endsWithBody) socket.endLoan();
  }
};

/** Always, even if the request was destroyed meanwhile: else its `'end'` or `'close'` never comes. */
const completeRequest = (socket: LoanSocket): void => {
  const request = socket.incoming;
  if (request === undefined) return;
  request.complete = true;
  request.push(null);
  if (socket.isPaused() && socket.readable) socket.resume();
};

/** The client has left during the loan. */
const clientGone = (socket: LoanSocket, how: ClientGone): void => {
  if (socket.isOver || socket.destroyed) return;
  // A body that has not ended yet was received whole: its end comes first, as it came from the client.
  if (socket.incoming?.complete === false) {
    setImmediate(clientGone, socket, how);
    return;
  }
  if (how === 'end') socket.emitEnd();
  else socket.destroy(readReset());
};

const rethrow = (error: unknown): never => {
  throw error;
};

const prepareServer = (server: Server, log: Log): void => {
  preparedServers.add(server);
  answerRejections(server, log);
  watchUncaught();
};
