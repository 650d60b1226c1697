/**
 * Serves lent connections through node:http on the app's own server. In come connection loans; what
 * node's parser announces for them is held back, judged and then handed to a direct route or to the
 * app's listeners. Every other use of the app's server stays as it is.
 *
 * Runs in a worker thread, one for each. `serve` must be called in the thread's root async context.
 */
import { AsyncResource } from 'node:async_hooks';
import { closeSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ThreadOptions } from '../../shared/options/options.ts';
import { answerFailure, answerRejections, type Log } from '../app-failures.ts';
import { serveDirectOnNode } from '../direct-route/direct-route.ts';
import { isExchangeEvent, isUpgradeEvent, type Exchange, type ExchangeEvent } from './exchange.ts';
import { HandlerDeadlines } from './handler-deadlines.ts';
import { LentConnection, type Lending, type LendingLimits, type TellLate } from './lent-connection.ts';
import { isShared, LentSocket } from './lent-socket.ts';
import type { ConnectionLoan } from '../loan.ts';
import { type NodeServer, tracksConnections } from '../node-internals.ts';
import { Roster } from '../roster.ts';
import type { RouteTable } from '../direct-route/route-table.ts';

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/** Their being there makes node's server announce such a request instead of answering it. */
const letUsDecide = (): void => {};

export class ConnectionLoans implements Lending {
  readonly limits: LendingLimits;
  readonly log: Log;
  readonly isDraining: () => boolean;
  readonly handlerDeadlines: HandlerDeadlines;
  readonly tellLate: TellLate;
  /** Told of each connection that is upgraded (1) and of its end (-1). */
  countUpgraded: (change: 1 | -1) => void = ignore;
  readonly #httpServer: Server;
  readonly #routes: RouteTable;
  readonly #emit: Emit;
  readonly #connections = new Roster<LentConnection>();
  #unsettled: LentConnection[] = [];
  readonly #upgraded = new Set<LentConnection>();
  /** The thread's root async context: nothing of the app ever runs in it. */
  readonly #rootContext = newResource('LentConnections');
  /** Those that node calls idle, while it is asked. */
  #idle: Set<LentConnection> | undefined;

  constructor(
    httpServer: Server,
    routes: RouteTable,
    options: ThreadOptions,
    isDraining: () => boolean,
    log: Log,
    tellLate: TellLate = ignore,
  ) {
    this.limits = options;
    this.handlerDeadlines = new HandlerDeadlines(options.handlerTimeoutMs);
    this.tellLate = tellLate;
    this.log = log;
    this.isDraining = isDraining;
    this.#httpServer = httpServer;
    this.#routes = routes;
    this.#emit = httpServer.emit.bind(httpServer) as Emit;
    this.#prepareServer(options);
  }

  get highWaterMark(): number | undefined {
    return (this.#httpServer as NodeServer).highWaterMark;
  }

  /** How many connections this thread has on loan. */
  get size(): number {
    return this.#connections.size;
  }

  /** Adopts the descriptor and serves what comes on it. A descriptor that cannot be adopted is a lost loan. */
  serve(loan: ConnectionLoan): void {
    let connection: LentConnection;
    try {
      connection = new LentConnection(loan, this);
    } catch (error) {
      this.log('warn', { err: error }, 'a lent connection could not be adopted');
      closeQuietly(loan.fd);
      loan.close();
      return;
    }
    this.#connections.add(connection);
    try {
      connection.start((socket) => this.#emit('connection', socket));
    } catch (error) {
      this.log('error', { err: error }, "the app's 'connection' listener failed");
      connection.socket.destroy();
    }
  }

  /** Replies say `connection: close` from now on, also those that are under way. */
  drain(): void {
    for (const connection of this.#connections.all()) connection.drain();
  }

  /** Tells the sockets that have been upgraded that this thread is to end. */
  announceShutdown(): void {
    for (const connection of this.#upgraded) connection.announceShutdown();
  }

  #prepareServer(options: ThreadOptions): void {
    const server = this.#httpServer;
    Object.assign(server, {
      // Ours to judge, like every other refusal.
      requireHostHeader: false,
      maxHeaderSize: options.maxHeaderBytes,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      // Node's limits are server-wide and coarse; ours run for each request.
      headersTimeout: 0,
      requestTimeout: 0,
    });
    server.on('checkContinue', letUsDecide);
    server.on('checkExpectation', letUsDecide);
    answerRejections(server, this.log);
    // Only a server that has listened keeps the list by which it knows who is idle.
    if (!tracksConnections(server)) server.emit('listening');
    server.emit = ((event: string | symbol, ...args: unknown[]) => this.#onEmit(event, args)) as Server['emit'];
  }

  #onEmit(event: string | symbol, args: unknown[]): boolean {
    if (isExchangeEvent(event)) {
      const connection = this.#connectionOf((args[0] as IncomingMessage | undefined)?.socket);
      if (connection !== undefined) {
        connection.take(this.#makeExchange(event, args));
        return true;
      }
    } else if (event === 'clientError') {
      const connection = this.#connectionOf(args[1]);
      if (connection?.onError(args[0] as Error) === true) return true;
      keepRawPacket(args[0] as ParserError);
    }
    return this.#emit(event, ...args);
  }

  #connectionOf(socket: unknown): LentConnection | undefined {
    const owner = socket instanceof LentSocket ? socket.owner : undefined;
    return owner instanceof LentConnection && this.#connections.has(owner) ? owner : undefined;
  }

  #makeExchange(event: ExchangeEvent, args: readonly unknown[]): Exchange {
    // Of an upgrade: what has come behind its head, for the app to keep.
    const [request, second, head] = args;
    return {
      event,
      args: head instanceof Buffer && isShared(head) ? [request, second, Buffer.from(head)] : args,
      request: args[0] as IncomingMessage,
      response: isUpgradeEvent(event) ? undefined : (args[1] as ServerResponse),
      // Of its own: node's parser has one context for all requests of a connection, and on Node 20
      // what one of them enters the next would see.
      resource: this.#rootContext.runInAsyncScope(() => newResource('HTTPINCOMINGMESSAGE')),
      hasBegun: false,
    };
  }

  dispatch(exchange: Exchange): void {
    exchange.resource.runInAsyncScope(() => this.#dispatch(exchange));
  }

  #dispatch({ event, args, request, response }: Exchange): void {
    if (response === undefined) {
      this.#emit(event, ...args);
      return;
    }
    try {
      this.#dispatchRequest(event, request, response);
    } catch (error) {
      answerFailure(error, request, response, this.log);
    }
  }

  #dispatchRequest(event: ExchangeEvent, request: IncomingMessage, response: ServerResponse): void {
    // The app's own listeners for the event come first, as under node:http.
    if (event !== 'request' && this.#httpServer.listenerCount(event) > 1) {
      this.#emit(event, request, response);
      return;
    }
    if (event === 'checkExpectation') {
      response.writeHead(417);
      response.end();
      return;
    }
    if (event === 'checkContinue') response.writeContinue();
    const route = this.#routes.match(request.method ?? '', request.url ?? '');
    if (route === undefined) this.#emit('request', request, response);
    else serveDirectOnNode(route, request, response, this.log);
  }

  settleLater(connection: LentConnection): void {
    if (connection.isUnsettled) return;
    connection.isUnsettled = true;
    this.#unsettled.push(connection);
    // Not in the async context of the request that happens to end in this turn.
    if (this.#unsettled.length === 1) setImmediate(() => this.#rootContext.runInAsyncScope(() => this.#settle()));
  }

  #settle(): void {
    const connections = this.#unsettled.filter(({ isUnsettled }) => isUnsettled);
    this.#unsettled = [];
    for (const connection of connections) connection.isUnsettled = false;
    const waiting = connections.filter((connection) => !connection.serveNext());
    if (waiting.length === 0) return;
    const idle = this.#askWhoIsIdle();
    for (const connection of waiting) connection.settle(idle.has(connection));
  }

  #askWhoIsIdle(): ReadonlySet<LentConnection> {
    const idle = new Set<LentConnection>();
    this.#idle = idle;
    try {
      this.#httpServer.closeIdleConnections();
    } finally {
      this.#idle = undefined;
    }
    return idle;
  }

  isMeant(connection: LentConnection): boolean {
    this.#idle?.add(connection);
    return this.#idle === undefined;
  }

  onUpgraded(connection: LentConnection): void {
    this.#upgraded.add(connection);
    this.countUpgraded(1);
  }

  onOver(connection: LentConnection): void {
    this.#connections.remove(connection);
    if (this.#upgraded.delete(connection)) this.countUpgraded(-1);
    connection.isUnsettled = false;
  }
}

const ignore = (): void => {};

interface ParserError extends Error {
  rawPacket?: Buffer;
}

/** An app may log it later. */
const keepRawPacket = (error: ParserError): void => {
  const { rawPacket } = error;
  if (rawPacket !== undefined && isShared(rawPacket)) error.rawPacket = Buffer.from(rawPacket);
};

const newResource = (type: string): AsyncResource => new AsyncResource(type, { requireManualDestroy: true });

const closeQuietly = (fd: number): void => {
  try {
    closeSync(fd);
  } catch {
    // It was no descriptor at all: then there is nothing to close.
  }
};
