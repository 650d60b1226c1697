/**
 * The acceptor: owns every connection, reads it, frames requests, admits and lends them. This file
 * is the way of a request as the main thread sees it, from top to bottom; what happens beside it
 * (loans that end, clients that leave, threads that die) is in the files it wires together.
 */
import type net from 'node:net';
import type { Memory } from '../shared/memory/cells.ts';
import { nowMs } from '../shared/clock.ts';
import type { Layout } from '../shared/memory/layout.ts';
import type { LogFields, LogLevel, ToThread } from '../shared/messages.ts';
import type { ResolvedOptions } from '../shared/options/options.ts';
import { HEADERS_TOO_LARGE, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT } from '../shared/replies.ts';
import { RingWriter } from '../shared/memory/ring-bytes.ts';
import { mustRefuse } from './admission/admission.ts';
import { classify } from './framing/classify.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { DeadThreads, type SettlementCounts } from './endings/dead-threads.ts';
import { Departures } from './endings/departures.ts';
import { Doorway } from './listening/doorway.ts';
import { beginDrain, cutAll, type DrainParts } from './endings/drain.ts';
import { HEAD_SIMPLE, HeadScan } from './framing/framing.ts';
import { Coalescing, type Throughput } from './lending/coalescing.ts';
import { Lending } from './lending/lending.ts';
import { releaseWriteDescriptors } from './listening/idle-connections.ts';
import type { Incoming } from './listening/incoming.ts';
import type { Libc } from './libc.ts';
import type { IdleTimes } from './admission/load-sampler.ts';
import { LoanEnds } from './lending/loan-ends.ts';
import { LateHandlers, type LateRequest } from './endings/late-handlers.ts';
import { startReading, stopReading } from './node-internals.ts';
import { PendingLimit } from './admission/pending-limit.ts';
import { PipelineCap } from './framing/pipeline-cap.ts';
import { ReadBuffer } from './framing/read-buffer.ts';
import { RequestLine, type Route } from './framing/request-line.ts';
import { ThreadBells } from './lending/thread-bells.ts';
import { ThreadWatch } from './endings/thread-watch.ts';
import type { Verdict } from './timing/timeouts.ts';

/** How much of the next requests is kept while one runs; then reading stops until it has ended. */
const READ_AHEAD_BYTES = 64 * 1024;

/** So many at once: looking for them goes through all connections. */
const SPARED_DESCRIPTORS = 32;

export interface AcceptorParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly buffer: SharedArrayBuffer;
  readonly libc: Libc;
  readonly options: ResolvedOptions;
  /** Read end of the bell that threads ring. */
  readonly bellDescriptor: number;
  readonly idleTimes: IdleTimes;
  /** Sends a message to the thread that has the line. */
  readonly tell: (line: number, message: ToThread) => void;
  readonly log: (level: LogLevel, fields: LogFields, message: string) => void;
  /** A connection is over and forgotten. */
  readonly whenOver: (connection: Connection) => void;
  /** A handler has had its time. */
  readonly whenLate: (request: LateRequest) => void;
  /** The line's thread has more handlers that were given up than one thread should keep: replace it. */
  readonly whenWornOut: (line: number, abandoned: number) => void;
  /** The line's thread stands still for so long, most likely in this request: end it. */
  readonly whenHeld: (line: number, heldMs: number, route: Route) => void;
}

export class Acceptor {
  readonly connections: Connections;
  readonly lending: Lending;
  readonly bells: ThreadBells;
  readonly loanEnds: LoanEnds;
  readonly pendingLimit: PendingLimit;
  readonly #coalescing: Coalescing;
  readonly #pipelineCap: PipelineCap;
  readonly lateHandlers: LateHandlers;
  readonly #threadWatch: ThreadWatch;
  readonly #departures: Departures;
  readonly #doorway: Doorway;
  readonly #drainParts: DrainParts;
  readonly #deadThreads: DeadThreads;
  readonly #libc: Libc;
  readonly #options: ResolvedOptions;
  readonly #bell: net.Socket;
  /** For requests that come whole; a request that does not keeps its scan. */
  #scan: HeadScan = new HeadScan();

  constructor(parts: AcceptorParts) {
    const { memory, layout, buffer, libc, options, bellDescriptor, tell, whenOver } = parts;
    this.#libc = libc;
    this.#options = options;
    const resume = (connection: Connection, now: number): void => this.#resume(connection, now);
    const whenDue = (connection: Connection, verdict: Verdict, now: number): void =>
      this.#whenDue(connection, verdict, now);
    this.connections = new Connections({ memory, layout, libc, options, whenDue, whenOver });
    this.bells = new ThreadBells(memory, layout, options.concurrencyPerThread);
    this.lending = new Lending({
      memory,
      layout,
      writer: new RingWriter(memory, layout, buffer),
      libc,
      bells: this.bells,
      timesHandlers: options.handlerTimeoutMs !== 0,
    });
    const hasPending = (): boolean => this.lending.hasPending(1);
    this.pendingLimit = new PendingLimit(options, { memory, layout, idleTimes: parts.idleTimes, hasPending });
    const common = { memory, layout, libc, connections: this.connections, lending: this.lending, tell, resume };
    this.#coalescing = new Coalescing({
      libc,
      hasPending: (limit) => this.lending.hasPending(limit),
      throughput: () => this.#throughput(),
    });
    this.loanEnds = new LoanEnds(common);
    this.#pipelineCap = new PipelineCap({ ...common, options, log: parts.log });
    this.#departures = new Departures(common);
    this.#doorway = new Doorway({
      connections: this.connections,
      departures: this.#departures,
      libc,
      whenRead: (connection, length, bytes) => this.#whenRead(connection, length, bytes),
    });
    this.#drainParts = common;
    this.#deadThreads = new DeadThreads({ ...common, loanEnds: this.loanEnds, bells: this.bells });
    this.lateHandlers = new LateHandlers({ ...common, whenLate: parts.whenLate, whenWornOut: parts.whenWornOut });
    const { handlerTimeoutMs } = options;
    this.#threadWatch = new ThreadWatch({
      ...common,
      handlerTimeoutMs,
      whenHeld: (line, heldMs, at) => parts.whenHeld(line, heldMs, this.lateHandlers.endLent(line, at)),
    });
    this.#bell = this.loanEnds.hearThreads(bellDescriptor);
  }

  // --- A connection comes, bytes come -------------------------------------------------------------

  accept(incoming: Incoming): void {
    this.#doorway.accept(incoming);
  }

  /** False stops reading. */
  #whenRead(connection: Connection, length: number, bytes: Uint8Array): boolean {
    const now = nowMs();
    connection.lastByteAt = now;
    switch (connection.phase) {
      case 'lingering':
        return true;
      case 'lent':
        if (!this.connections.isBack(connection)) return this.#keepForLater(connection, length, bytes);
        connection.lentDescriptors = undefined;
        connection.enter('idle', now);
        break;
      case 'overflow':
      case 'replying':
        return this.#keepForLater(connection, length, bytes);
      default:
    }
    const { buffer } = connection;
    if (buffer === undefined) {
      this.#frame(connection, bytes, 0, length, now);
    } else {
      buffer.append(bytes, 0, length);
      this.#frame(connection, buffer.bytes, buffer.start, buffer.end, now);
    }
    return wantsMore(connection);
  }

  /** Bytes of the next requests, while one runs. False stops reading. */
  #keepForLater(connection: Connection, length: number, bytes: Uint8Array): boolean {
    if (connection.buffer === undefined) connection.buffer = new ReadBuffer(bytes, 0, length);
    else connection.buffer.append(bytes, 0, length);
    this.#pipelineCap.note(connection);
    return wantsMore(connection);
  }

  // --- A request is framed, admitted, lent --------------------------------------------------------

  /** `bytes[start, end)` is all of the next request that is there, and what stands behind it. */
  #frame(connection: Connection, bytes: Uint8Array, start: number, end: number, now: number): void {
    const scan = connection.scan ?? this.#scan;
    if (connection.scan === undefined) scan.reset();
    const verdict = connection.isHeadWhole ? HEAD_SIMPLE : scan.scan(bytes, start, end, this.#options.maxHeaderBytes);
    connection.isHeadWhole = verdict === HEAD_SIMPLE;
    connection.isHeadRequest = scan.isHead;
    connection.keepsAlive = scan.keepAlive;
    connection.headLength = scan.headEnd - scan.headStart;
    switch (classify(verdict, scan.headEnd, scan.contentLength, end - start, this.#options)) {
      case 'incomplete':
        this.#awaitMore(connection, scan, bytes, start, end, now);
        return;
      case 'request': {
        const requestEnd = start + scan.headEnd + scan.contentLength;
        if (this.#pipelineCap.mustRefuse(connection, requestEnd - start)) {
          connection.scan = undefined;
          connection.isHeadWhole = false;
          keep(connection, bytes, requestEnd, end);
          this.#pipelineCap.refuse(connection, now);
        } else {
          this.#admit(connection, bytes, start + scan.headStart, requestEnd, end, false, now);
        }
        return;
      }
      case 'connection':
        connection.pipeline = undefined;
        this.#admit(connection, bytes, start, end, end, true, now);
        return;
      case 'head-too-large':
        this.connections.refuse(connection, HEADERS_TOO_LARGE, 'headTooLarge', now);
        return;
      case 'body-too-large':
        this.connections.refuse(connection, PAYLOAD_TOO_LARGE, 'bodyTooLarge', now);
        return;
    }
  }

  #awaitMore(connection: Connection, scan: HeadScan, bytes: Uint8Array, start: number, end: number, now: number): void {
    if (connection.scan === undefined) {
      connection.scan = scan;
      this.#scan = new HeadScan();
    }
    keep(connection, bytes, start, end);
    if (scan.hasBegun && connection.phase !== 'reading') {
      connection.enter('reading', now);
      this.connections.lookLater(connection, now);
    }
  }

  #admit(
    connection: Connection,
    bytes: Uint8Array,
    start: number,
    requestEnd: number,
    end: number,
    lendsConnection: boolean,
    now: number,
  ): void {
    connection.scan = undefined;
    connection.isHeadWhole = false;
    this.pendingLimit.wake();
    if (this.#isFull()) {
      this.connections.reject(connection, 'maxPending', now, !lendsConnection && requestEnd === end);
      return;
    }
    if (this.#options.handlerTimeoutMs !== 0)
      (connection.requestLine ??= new RequestLine()).keep(bytes, start, requestEnd);
    if (lendsConnection) stopReading(connection.socket);
    const { buffer } = connection;
    keep(connection, bytes, requestEnd, end);
    const mustTell = requestEnd < end || connection.hasEnded;
    for (;;) {
      try {
        this.lending.lend(connection, bytes, start, requestEnd, lendsConnection, mustTell, now);
        break;
      } catch {
        // Descriptors are used up, unless idle connections can spare some.
        if (releaseWriteDescriptors(this.connections, SPARED_DESCRIPTORS, now) > 0) continue;
        this.connections.reject(connection, 'noDescriptors', now);
        return;
      }
    }
    // What was lent is a copy.
    if (connection.buffer === undefined) buffer?.release();
    this.#coalescing.note();
    this.#pipelineCap.note(connection);
    // A loan may end without a word: how long its connection is idle then is seen by looking.
    if (this.#options.maxWaitMs === 0) this.connections.lookSoon(connection, now);
    else this.connections.lookLater(connection, now);
  }

  #isFull(): boolean {
    const maxPending = this.pendingLimit.current;
    if (!this.lending.hasPending(maxPending)) return false;
    return mustRefuse(this.lending.countPending(), this.bells.countReady(), maxPending);
  }

  #throughput(): Throughput {
    const { lending, connections } = this;
    const refused = connections.counters.rejected.maxPending;
    return { put: lending.putCount, pending: lending.countPending(), refused };
  }

  // --- A loan has ended ---------------------------------------------------------------------------

  /** The connection is the acceptor's alone again: goes on with what has been read meanwhile. */
  #resume(connection: Connection, now: number): void {
    // Its descriptor's number may be another connection's by now; its 'close' is on the way.
    if (connection.isDestroyed) return;
    if (connection.lendsConnection) {
      connection.lendsConnection = false;
      this.#libc.setNonBlocking(connection.descriptor);
    }
    connection.lentDescriptors = undefined;
    connection.enter('idle', now);
    const { buffer } = connection;
    if (buffer !== undefined) this.#frame(connection, buffer.bytes, buffer.start, buffer.end, now);
    if (isLentWhole(connection) || connection.phase === 'lingering') return;
    if (connection.hasEnded) {
      if (connection.phase === 'idle' || connection.phase === 'reading') {
        this.#departures.afterLastRequest(connection, now);
      }
      return;
    }
    if (wantsMore(connection)) startReading(connection.socket);
    this.connections.lookLater(connection, now);
  }

  /** Settles the loans of a thread that has exited. */
  settle(line: number): SettlementCounts {
    this.lateHandlers.forget(line);
    this.#threadWatch.forget(line);
    return this.#deadThreads.settle(line);
  }

  // --- Time passes --------------------------------------------------------------------------------

  #whenDue(connection: Connection, verdict: Verdict, now: number): void {
    if (connection.isUnwatched) {
      const isLingering = connection.phase === 'lingering';
      if (isLingering && this.connections.lingerQuietly(connection, verdict.action === 'close', now)) return;
      this.#doorway.watch(connection);
    }
    switch (verdict.action) {
      case 'look':
        this.connections.lookLater(connection, now);
        return;
      case 'refuse-slow':
        this.connections.refuse(connection, REQUEST_TIMEOUT, 'readTimeout', now);
        return;
      case 'refuse-waiting':
        if (this.lending.cancel(connection, now)) this.connections.reject(connection, 'maxWait', now);
        else this.connections.lookLater(connection, now);
        return;
      case 'end-handler':
        this.lateHandlers.end(connection, now);
        return;
      case 'release-descriptor':
        this.connections.releaseWriteDescriptor(connection);
        this.connections.lookLater(connection, now);
        return;
      case 'close':
        connection.socket.destroy();
        return;
    }
  }

  // --- The server stops ---------------------------------------------------------------------------

  /** From now on every reply says close; connections between requests go after `idleMs`. */
  drain(idleMs: number): void {
    beginDrain(this.#drainParts, idleMs);
  }

  /** The drain's time is up: what waits gets its 503, the rest is cut. */
  cutAll(): SettlementCounts {
    return cutAll(this.#drainParts);
  }

  /** Whoever still has not taken our last answer to its end has had the time for it. */
  close(): void {
    this.connections.table.forEach(({ socket }) => socket.destroy());
    this.bells.close();
    this.pendingLimit.close();
    this.#threadWatch.close();
    this.connections.close();
    this.#bell.destroy();
  }
}

/** A thread reads it, or will: the acceptor must not. */
const isLentWhole = ({ phase, lendsConnection }: Connection): boolean =>
  lendsConnection && (phase === 'lent' || phase === 'overflow');

/** Whether to read on: to the end of a request that has begun, however long it is; of what follows a running one only so much. */
const wantsMore = (connection: Connection): boolean =>
  !isLentWhole(connection) && (connection.phase === 'reading' || (connection.buffer?.length ?? 0) < READ_AHEAD_BYTES);

/** Keeps `bytes[start, end)` for later. */
function keep(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
  const { buffer } = connection;
  if (start === end) connection.buffer = undefined;
  else if (buffer !== undefined && buffer.bytes === bytes) buffer.start = start;
  else connection.buffer = new ReadBuffer(bytes, start, end);
}
