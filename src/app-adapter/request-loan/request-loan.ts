/**
 * Serves lent requests: makes the real `req` and `res` over the connection's LoanSocket, emits
 * `'request'` on the app's server, delivers the body, and ends the loan in the tick that emits `res`
 * `'close'`. In comes a parsed head with its small body; out goes the reply, through the loan.
 * Everything that node's server does around a request is done here, in its order.
 *
 * Runs in the worker thread, one `serve()` for each request, from the thread's root async context
 * and from no microtask.
 */
import { AsyncResource } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Log, answerFailure, answerRejections } from '../app-failures.ts';
import type { RequestHead } from '../head-parser.ts';
import type { RequestLoan } from '../loan.ts';
import { endWithReply, watchUncaught } from './exchange-end.ts';
import { LoanSocket } from './loan-socket.ts';
import { type NodeRequest, type NodeServer, RequestFactory } from '../node-internals.ts';

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

/** The request loans of one app: `httpServer` is its server, which never listens. */
export class RequestLoans {
  readonly #server: NodeServer;
  readonly #settings: RequestSettings;
  readonly #factory: RequestFactory;

  constructor(httpServer: Server, settings: RequestSettings) {
    this.#server = httpServer;
    this.#settings = settings;
    this.#factory = new RequestFactory(httpServer);
    answerRejections(httpServer, settings.log);
    watchUncaught();
  }

  /** Makes req and res for a lent request and hands them to the app. The loan ends with them. */
  serve(loan: RequestLoan, head: RequestHead, body: Buffer | undefined): void {
    const resource = new AsyncResource(RESOURCE_TYPE, RESOURCE_OPTIONS);
    const socket = this.#socketOf(loan);
    const hasBody = body !== undefined && body.length > 0;
    // Node lets all ticks and microtasks run between a body and its end, but no immediate of the
    // handler's: ours stands in the queue before them.
    if (hasBody) setImmediate(completeInScope, resource, socket);
    try {
      resource.runInAsyncScope(this.#handOver, this, socket, head, hasBody ? body : undefined);
    } catch (error) {
      // As under node:http what the app's listeners throw is an uncaught exception; it must not stop the caller.
      process.nextTick(rethrow, error);
    }
  }

  /** The connection's own, if its last request left it as it was. */
  #socketOf(loan: RequestLoan): LoanSocket {
    const { connection } = loan;
    const known = connection.socket;
    if (known instanceof LoanSocket && known.canServe(this.#server)) {
      known.serve(loan);
      return known;
    }
    const socket = new LoanSocket(loan, this.#server, this.#settings.writeTimeoutMs);
    connection.socket = socket;
    return socket;
  }

  #handOver(socket: LoanSocket, head: RequestHead, body: Buffer | undefined): void {
    try {
      this.#dispatch(socket, head);
    } catch (error) {
      // Only a request or response class of the app's own can throw here: there is nobody to answer.
      const fields = { err: error, method: head.method, url: head.target };
      this.#settings.log('error', fields, 'the request could not be made');
      socket.destroy();
      return;
    }
    if (body === undefined) complete(socket);
    else deliverBody(socket, body);
  }

  #dispatch(socket: LoanSocket, head: RequestHead): void {
    const server = this.#server;
    const settings = this.#settings;
    const factory = this.#factory;
    if (server.timeout) socket.setTimeout(server.timeout);
    const request = this.#makeRequest(socket, head);
    socket.incoming = request;
    const response = factory.createResponse(request, socket.writableHighWaterMark);
    socket.outgoing = response;
    response._keepAliveTimeout = settings.keepAliveTimeoutMs;
    response.shouldKeepAlive = head.keepAlive && !settings.isDraining();
    if (requestStart.hasSubscribers) requestStart.publish({ request, response, socket, server });
    if (factory.optimizesEmptyRequests && request.headers['content-length'] === undefined) {
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
  }

  #makeRequest(socket: LoanSocket, head: RequestHead): NodeRequest {
    const { maxHeadersCount, joinDuplicateHeaders } = this.#server;
    const { rawHeaders } = head;
    const request = this.#factory.createRequest(socket as unknown as Socket);
    request.httpVersionMajor = 1;
    request.httpVersionMinor = head.isHttp10 ? 0 : 1;
    request.httpVersion = head.isHttp10 ? '1.0' : '1.1';
    request.joinDuplicateHeaders = joinDuplicateHeaders ?? false;
    request.url = head.target;
    request.upgrade = false;
    const places = typeof maxHeadersCount === 'number' ? maxHeadersCount * 2 : MAX_HEADER_PLACES;
    request._addHeaderLines(rawHeaders, places > 0 ? Math.min(rawHeaders.length, places) : rawHeaders.length);
    request.method = head.method;
    return request;
  }
}

const deliverBody = (socket: LoanSocket, body: Buffer): void => {
  const request = socket.incoming;
  if (request !== undefined && !request._dumped && !request.push(body)) socket.pause();
};

const completeInScope = (resource: AsyncResource, socket: LoanSocket): void => {
  resource.runInAsyncScope(complete, undefined, socket);
};

/** Always, even if the request was destroyed meanwhile: else its `'end'` or `'close'` never comes. */
const complete = (socket: LoanSocket): void => {
  const request = socket.incoming;
  if (request === undefined) return;
  try {
    request.complete = true;
    request.push(null);
    if (socket.isPaused() && socket.readable) socket.resume();
  } finally {
    if (socket.endsWithBody) socket.endLoan();
  }
};

const rethrow = (error: unknown): never => {
  throw error;
};
