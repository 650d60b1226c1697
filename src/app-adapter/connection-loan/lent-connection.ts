/**
 * One connection on loan: its requests in turn, its limits, its refusals, and its way back. In come
 * what node's parser reads (through `connection-loan.ts`) and what the acceptor says of the loan;
 * out go requests to the app, bytes through the lent socket, and the end of the loan. Worker threads.
 *
 *   open ──▶ closing (what is written still goes out, nothing more is served) ──▶ over
 *     ├────▶ upgraded (the app's alone until it closes) ────────────────────────▶ over
 *     └────▶ over (given back, closed, or taken back)
 */
import {
  HANDLER_TIMEOUT,
  HEADERS_TOO_LARGE,
  PAYLOAD_TOO_LARGE,
  REQUEST_TIMEOUT,
  type CannedReply,
} from '../../shared/replies.ts';
import type { Log } from '../app-failures.ts';
import { limitBody } from './body-limit.ts';
import { tickAfterBodyPieces } from './body-ticks.ts';
import { isUpgradeEvent, type Exchange } from './exchange.ts';
import type { HandlerDeadlines, Timed } from './handler-deadlines.ts';
import { LentSocket, type LentSocketOwner } from './lent-socket.ts';
import { endWith } from './final-reply.ts';
import type { ConnectionBorrower, ConnectionLoan } from '../loan.ts';
import { queuedBytes } from '../node-internals.ts';
import type { Member } from '../roster.ts';
import { ReadDeadline, type ReadLimits } from './read-deadline.ts';
import { ReadProgress } from './read-progress.ts';
import { judgeHead, refusalOf, type HeadLimits } from './refusals.ts';
import { ReplyStage } from './reply-stage.ts';
import { UntakenUpgrades } from './untaken-upgrades.ts';
import { WriteStall } from './write-stall.ts';

export interface LendingLimits extends HeadLimits, ReadLimits {
  readonly writeTimeoutMs: number;
}

/** What the connections of one server share. */
export interface Lending {
  readonly limits: LendingLimits;
  readonly log: Log;
  readonly handlerDeadlines: HandlerDeadlines;
  /** A handler has had its time, and was answered for, or its reply cut. */
  readonly tellLate: TellLate;
  /** Of the app's server, for its sockets. */
  readonly highWaterMark: number | undefined;
  isDraining(): boolean;
  /** Hands a request to its route or the app. */
  dispatch(exchange: Exchange): void;
  /** Calls `settle` at the end of this turn. */
  settleLater(connection: LentConnection): void;
  /** Whether a `destroy()` of this connection is meant, and not node's answer to a question of ours. */
  isMeant(connection: LentConnection): boolean;
  /** The socket is the app's alone from here on. */
  onUpgraded(connection: LentConnection): void;
  onOver(connection: LentConnection): void;
}

/** What is told of a request whose handler has had its time. */
export type TellLate = (exchange: Exchange, ranMs: number, outcome: '504' | 'cut') => void;

type State = 'open' | 'closing' | 'upgraded' | 'over';

export class LentConnection implements ConnectionBorrower, LentSocketOwner, Member, Timed {
  rosterPlace = -1;
  /** Whether it is to be looked at at the end of this turn. */
  isUnsettled = false;
  readonly socket: LentSocket;
  readonly #loan: ConnectionLoan;
  readonly #lending: Lending;
  readonly #deadline: ReadDeadline;
  readonly #stall: WriteStall;
  readonly #reply: ReplyStage;
  readonly #progress = new ReadProgress();
  readonly #untaken = new UntakenUpgrades();
  readonly #held: Exchange[] = [];
  #state: State = 'open';
  #current: Exchange | undefined;
  /** What answers the bytes behind the requests that are held: those were refused. */
  #refusalBehind: CannedReply | undefined;
  /** Of a body that was answered before it was read. */
  #discardedBytes = 0;
  #isGivenBack = false;

  /** Throws if the descriptor cannot be adopted. */
  constructor(loan: ConnectionLoan, lending: Lending) {
    this.#loan = loan;
    this.#lending = lending;
    this.#reply = new ReplyStage(loan);
    this.socket = new LentSocket(loan.fd, loan.addresses, lending.highWaterMark);
    this.socket.owner = this;
    this.#deadline = new ReadDeadline(
      lending.limits,
      () => !this.socket.isPaused(),
      () => this.#onLate(),
    );
    this.#stall = new WriteStall(
      lending.limits.writeTimeoutMs,
      () => queuedBytes(this.socket),
      () => this.#cut(),
    );
    loan.borrower = this;
  }

  /** `connect` gives the socket to node's server. One synchronous step: nothing is read in between. */
  start(connect: (socket: LentSocket) => void): void {
    if (this.#loan.firstBytes.length > 0) this.socket.unshift(this.#loan.firstBytes);
    this.socket.on('close', () => this.#onClose());
    connect(this.socket);
    // A listener of ours takes the socket's bytes through JavaScript instead of straight into the parser.
    this.socket.on('data', this.#onData);
    this.socket.shareReads();
    tickAfterBodyPieces(this.socket);
    this.#untaken.watch(this.socket);
    this.#deadline.start();
  }

  /** An upgraded socket lives until it ends, or its thread does: the app gets a `'shutdown'` event on it. */
  announceShutdown(): void {
    // In a tick of its own: what a listener throws is the app's.
    if (this.#state === 'upgraded') process.nextTick(() => this.socket.emit('shutdown'));
  }

  revoked(): void {
    this.#cut();
  }

  drain(): void {
    this.announceShutdown();
    const response = this.#current?.response;
    if (response?.headersSent === false) response.shouldKeepAlive = false;
  }

  /** Node's parser has read a head: its request is served when all before it have ended. */
  take(exchange: Exchange): void {
    if (this.#state !== 'open' || this.#refusalBehind !== undefined) return;
    this.#progress.take(exchange.request);
    const isUpgrade = isUpgradeEvent(exchange.event);
    if (isUpgrade) {
      // Node has let go of the socket: what comes is the other protocol's.
      this.socket.off('data', this.#onData);
      this.socket.stopSharing();
      this.#untaken.forget();
    }
    if (this.#current === undefined && this.#held.length === 0) return this.#serve(exchange);
    this.#held.push(exchange);
    if (!isUpgrade) this.socket.hold();
  }

  /** Node's parser, or the connection itself, failed. False: it is not ours to answer. */
  onError(error: Error): boolean {
    const reply = refusalOf(error);
    if (reply === undefined) return false;
    if (this.#state !== 'open' || this.#refusalBehind !== undefined) return true;
    const { unfinished } = this.#progress;
    if (unfinished === undefined) this.#refuseInTurn(reply);
    else if (unfinished === this.#current?.request) this.#refuse(reply);
    else if (unfinished === this.#held.at(-1)?.request) this.#refuseInTurn(reply, this.#held.pop());
    else this.#closeSoon();
    return true;
  }

  /** At the end of a turn: serves the next request. False if there is none and nothing else to do. */
  serveNext(): boolean {
    // A socket that has been ended closes by itself: what was pipelined behind that is not served.
    if (this.#state !== 'open' || this.#current !== undefined || this.socket.writableEnded) return true;
    const next = this.#held.shift();
    if (next !== undefined) {
      this.#serve(next);
      if (this.#state === 'open' && this.#held.length === 0 && this.#refusalBehind === undefined) this.socket.release();
      return true;
    }
    if (this.#refusalBehind === undefined) return this.socket.writableLength > 0;
    this.#refuse(this.#refusalBehind);
    return true;
  }

  /** Nothing runs: gives the connection back, or waits for the rest of what has begun. */
  settle(isIdle: boolean): void {
    // The app has destroyed it, maybe in the tick of its reply: that closes the connection.
    if (this.socket.destroyed) return;
    // One that has ended its side is closing, though node calls it idle until it has gone.
    if (isIdle && this.socket.readableLength === 0 && !this.socket.writableEnded) {
      this.#isGivenBack = true;
      this.#end();
      this.#loan.giveBack();
    } else if (!this.#deadline.isRunning) {
      // From here on the time is the client's, and our deadline's, not that of node's idle timer.
      this.socket.setTimeout(0);
      this.#deadline.start();
    }
  }

  #serve(exchange: Exchange): void {
    const { request, response } = exchange;
    const refusal = judgeHead(request, this.#lending.limits);
    if (refusal !== undefined) return this.#refuse(refusal, exchange);
    if (response === undefined) return this.#handOver(exchange);
    this.#current = exchange;
    if (this.#lending.isDraining()) response.shouldKeepAlive = false;
    response.once('finish', () => this.#onReplied(exchange));
    response.once('close', () => this.#onEnded(exchange));
    if (request.complete) this.#deadline.stop();
    else if (!this.#deadline.isRunning) this.#deadline.start();
    const { maxBodyBytes } = this.#lending.limits;
    if (!limitBody(request, maxBodyBytes, () => this.#refuse(PAYLOAD_TOO_LARGE)))
      return this.#refuse(PAYLOAD_TOO_LARGE);
    this.#loan.noteMethod(request.method === 'HEAD');
    this.#loan.requestBegan();
    this.#lending.handlerDeadlines.start(this);
    exchange.hasBegun = true;
    this.#lending.dispatch(exchange);
  }

  /** Upgrade or CONNECT: the socket is the app's from here on. */
  #handOver(exchange: Exchange): void {
    this.#state = 'upgraded';
    this.#lending.onUpgraded(this);
    this.#deadline.stop();
    this.#stall.stop();
    this.socket.forgetHold();
    this.#loan.requestBegan();
    try {
      this.#lending.dispatch(exchange);
    } catch (error) {
      this.#lending.log('error', { err: error, url: exchange.request.url }, 'the app failed to handle an upgrade');
      this.#cut();
    } finally {
      this.#loan.requestEnded();
    }
  }

  #onReplied(exchange: Exchange): void {
    if (this.#state === 'open') {
      // Before the stage: from then on a reply of the acceptor's would be the next request's.
      this.#loan.noteMethod(this.#held[0]?.request.method === 'HEAD');
      this.#reply.end();
    }
    this.#onEnded(exchange);
  }

  #onEnded(exchange: Exchange): void {
    if (this.#current !== exchange) return;
    this.#current = undefined;
    this.#discardedBytes = 0;
    this.#lending.handlerDeadlines.stop(this);
    if (exchange.hasBegun) this.#loan.requestEnded();
    if (this.#state === 'open') this.#lending.settleLater(this);
  }

  /** After node has parsed these bytes. */
  readonly #onData = (bytes: Buffer): void => {
    if (this.#state !== 'open') return;
    this.#deadline.touch();
    if (this.#progress.advance(bytes.length)) this.#deadline.stop();
    if (this.#progress.headBytes > this.#lending.limits.maxHeaderBytes) this.#refuseInTurn(HEADERS_TOO_LARGE);
    else if (this.#current !== undefined) return;
    else if (this.#progress.unfinished === undefined) this.#lending.settleLater(this);
    else this.#discard(bytes.length);
  };

  /** The rest of a body that was answered without being read. */
  #discard(bytes: number): void {
    this.#discardedBytes += bytes;
    const { maxBodyBytes } = this.#lending.limits;
    if (maxBodyBytes > 0 && this.#discardedBytes > maxBodyBytes) this.#closeSoon();
  }

  #onLate(): void {
    // Of a request that has its answer nothing more can be said.
    const { unfinished } = this.#progress;
    if (unfinished === undefined || unfinished === this.#current?.request) this.#refuse(REQUEST_TIMEOUT);
    else this.#closeSoon();
  }

  get lastReadMs(): number {
    return this.#deadline.lastReadMs;
  }

  onHandlerLate(ranMs: number): void {
    const exchange = this.#current;
    const response = exchange?.response;
    // A reply that is whole waits for the client alone: that is not the handler's time.
    if (exchange === undefined || response === undefined || response.writableEnded || this.#state !== 'open') return;
    this.#lending.tellLate(exchange, ranMs, this.#reply.hasBegun || response.headersSent ? 'cut' : '504');
    this.#refuse(HANDLER_TIMEOUT);
  }

  /** Answers with `reply` when the requests before it have ended. Nothing more is read until then. */
  #refuseInTurn(reply: CannedReply, refused?: Exchange): void {
    if (this.#current === undefined && this.#held.length === 0) return this.#refuse(reply, refused);
    this.#refusalBehind = reply;
    this.socket.hold();
  }

  /**
   * Writes a reply of our own in place of the app's and closes; then node aborts the request, as if
   * the client had left. A reply that has begun, be it in the socket's buffer alone, is cut.
   */
  #refuse(reply: CannedReply, refused: Exchange | undefined = this.#current): void {
    if (this.#reply.hasBegun || this.#current?.response?.headersSent === true) return this.#closeSoon();
    if (!this.#reply.begin(true)) return this.#cut();
    this.#state = 'closing';
    this.#held.length = 0;
    this.#deadline.stop();
    this.socket.forgetHold();
    endWith(this.socket, refused?.request.method === 'HEAD' ? reply.closeHeadBytes : reply.closeBytes);
  }

  /** Ends the connection; what was written whole still goes out, a reply that is not whole is cut. */
  #closeSoon(): void {
    if (this.#current?.response?.writableEnded === false) return this.#cut();
    this.#state = 'closing';
    this.#held.length = 0;
    this.#deadline.stop();
    this.socket.destroySoon();
  }

  #cut(): void {
    if (this.#state !== 'over') this.#end();
  }

  #end(): void {
    this.#state = 'over';
    this.#deadline.stop();
    this.#stall.stop();
    this.socket.destroy();
  }

  #onClose(): void {
    this.#state = 'over';
    this.#deadline.stop();
    this.#stall.stop();
    this.#held.length = 0;
    this.#untaken.forget();
    if (this.#current !== undefined) this.#onEnded(this.#current);
    if (!this.#isGivenBack && !this.#loan.isOver) this.#loan.close();
    this.#lending.onOver(this);
  }

  mayWrite(isInformational: boolean): boolean {
    if (this.#state === 'over') return false;
    return this.#reply.begin(!isInformational || this.#current?.response?.headersSent !== false);
  }

  onWritten(): void {
    if (queuedBytes(this.socket) === 0) this.#stall.stop();
    if (this.#state !== 'open' || this.socket.writableLength > 0) return;
    if (this.#current !== undefined) return this.#reply.endInformational();
    this.#reply.end();
    this.#lending.settleLater(this);
  }

  onBlocked(): void {
    if (this.#state === 'open' || this.#state === 'closing') this.#stall.watch();
  }

  mayDestroy(): boolean {
    return this.#lending.isMeant(this);
  }

  onReadingAgain(): void {
    this.#deadline.touch();
  }
}
