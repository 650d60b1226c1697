/**
 * The acceptor: owns every connection, reads it, frames requests, admits and lends them, and acts on
 * what threads have done with the connections' words. This file is the way of a request as the main
 * thread sees it, from top to bottom; each step's work is in a file beside.
 */
import type net from 'node:net';
import { hear } from '../shared/bell.ts';
import type { Memory } from '../shared/cells.ts';
import { msSince, nowMs } from '../shared/clock.ts';
import { CLIENT_ENDED, DRAINING, FINISHED_AT, type Layout, wordCell } from '../shared/layout.ts';
import { readLetters } from '../shared/mailbox.ts';
import type { ToThread } from '../shared/messages.ts';
import type { ResolvedOptions } from '../shared/options.ts';
import {
  BAD_REQUEST,
  type CannedReply,
  HEADERS_TOO_LARGE,
  PAYLOAD_TOO_LARGE,
  REQUEST_TIMEOUT,
  SERVER_BUSY,
  THREAD_FAILED,
} from '../shared/replies.ts';
import { mayHoldRequests } from '../shared/request-ring.ts';
import { RingWriter } from '../shared/ring-bytes.ts';
import { answerRing, resetLine } from '../shared/thread-line.ts';
import {
  CLOSING,
  generationOf,
  IDLE,
  MORE,
  makeWord,
  ownerOf,
  REPLYING,
  stageOf,
  WAITING,
} from '../shared/words.ts';
import { AddressBook } from './addresses.ts';
import { mustRefuse } from './admission.ts';
import { classify } from './classify.ts';
import { Connection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { type AcceptorCounters, createCounters, type RefusalReason, type RejectReason } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import { HEAD_SIMPLE, HeadScan } from './framing.ts';
import { Lending } from './lending.ts';
import type { Libc } from './libc.ts';
import { type AcceptedHandle, createSocket, startReading, stopReading } from './node-internals.ts';
import { linger, replyAndClose, replyAndKeep } from './own-replies.ts';
import { ReadBuffer } from './read-buffer.ts';
import { closeUnadopted, settlementOf, settleEntries } from './settlement.ts';
import { ThreadBells } from './thread-bells.ts';
import { type Drain, judge, type Standing, type Verdict } from './timeouts.ts';

/** One read at most; the buffer is shared by all connections. */
const READ_BYTES = 64 * 1024;
/** How much of the next requests is kept while one runs; then reading stops until it has ended. */
const READ_AHEAD_BYTES = 64 * 1024;

/** What became of requests that could not be served to their end. */
export interface SettlementCounts {
  /** Answered 503 by the acceptor. */
  replied: number;
  /** Closed without a (whole) reply. */
  cut: number;
}

export interface AcceptorParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly buffer: SharedArrayBuffer;
  readonly libc: Libc;
  readonly options: ResolvedOptions;
  /** Sends a message to the thread that has the line. */
  readonly tell: (line: number, message: ToThread) => void;
  /** Called when a connection is over and forgotten. */
  readonly onConnectionOver: (connection: Connection) => void;
}

export class Acceptor {
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #libc: Libc;
  readonly #options: ResolvedOptions;
  readonly #tell: AcceptorParts['tell'];
  readonly #onConnectionOver: AcceptorParts['onConnectionOver'];
  readonly #addresses: AddressBook = new AddressBook();
  readonly #readBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #deadlines: Deadlines<Connection>;
  #scan: HeadScan = new HeadScan();
  #bell: net.Socket | undefined;

  readonly connections: ConnectionTable = new ConnectionTable();
  readonly counters: AcceptorCounters = createCounters();
  readonly bells: ThreadBells;
  readonly lending: Lending;
  #drain: Drain | undefined;

  constructor(parts: AcceptorParts) {
    this.#memory = parts.memory;
    this.#layout = parts.layout;
    this.#libc = parts.libc;
    this.#options = parts.options;
    this.#tell = parts.tell;
    this.#onConnectionOver = parts.onConnectionOver;
    this.bells = new ThreadBells(parts.memory, parts.layout);
    this.lending = new Lending({
      memory: parts.memory,
      layout: parts.layout,
      writer: new RingWriter(parts.memory, parts.layout, parts.buffer),
      libc: parts.libc,
      bells: this.bells,
      addressesOf: (connection) => this.#addresses.of(connection.socket),
    });
    this.#deadlines = new Deadlines((connection, now) => this.#whenDue(connection, now));
  }

  // --- A connection comes, bytes come -------------------------------------------------------------

  accept(handle: AcceptedHandle): Connection | undefined {
    const slot = this.connections.takeSlot();
    if (slot === undefined) {
      handle.close();
      return undefined;
    }
    handle.setNoDelay?.(true);
    const now = nowMs();
    const descriptor = handle.fd;
    const socket = createSocket(handle, this.#readBuffer, (length, bytes) => this.#whenRead(connection, length, bytes));
    const connection = new Connection(slot, socket, descriptor, now);
    socket.on('end', () => this.#whenEnded(connection));
    socket.on('error', ignore);
    socket.on('close', () => this.#whenClosed(connection));
    this.connections.add(connection);
    this.counters.accepted += 1;
    this.#deadlines.schedule(connection, this.#nextLook(connection, now));
    return connection;
  }

  /** False stops reading. */
  #whenRead(connection: Connection, length: number, bytes: Uint8Array): boolean {
    const now = nowMs();
    connection.lastByteAt = now;
    switch (connection.phase) {
      case 'lingering':
        return true;
      case 'lent':
        if (!this.#isBack(connection)) return this.#keepForLater(connection, length, bytes);
        connection.lentDescriptors = undefined;
        connection.phase = 'idle';
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
    return !isLentWhole(connection);
  }

  /** A lent connection has come back if its word says idle. Else `more` asks its holder to ring at the end. */
  #isBack(connection: Connection): boolean {
    const cell = wordCell(this.#layout, connection.slot);
    if (stageOf(this.#memory.load(cell)) === IDLE) return true;
    return stageOf(this.#memory.or(cell, MORE)) === IDLE;
  }

  #keepForLater(connection: Connection, length: number, bytes: Uint8Array): boolean {
    if (connection.buffer === undefined) connection.buffer = new ReadBuffer(bytes, 0, length);
    else connection.buffer.append(bytes, 0, length);
    return connection.buffer.length < READ_AHEAD_BYTES;
  }

  // --- A request is framed, admitted, lent --------------------------------------------------------

  /** `bytes[start, end)` is all of the next request that is there, and what stands behind it. */
  #frame(connection: Connection, bytes: Uint8Array, start: number, end: number, now: number): void {
    const scan = connection.scan ?? this.#scan;
    if (connection.scan === undefined) scan.reset();
    const verdict = connection.isHeadWhole ? HEAD_SIMPLE : scan.scan(bytes, start, end, this.#options.maxHeaderBytes);
    connection.isHeadRequest = scan.isHead;
    connection.keepsAlive = scan.keepAlive;
    connection.headLength = scan.headEnd - scan.headStart;
    switch (classify(verdict, scan.headEnd, scan.contentLength, end - start, this.#options)) {
      case 'incomplete':
        if (scan.hasBegun && connection.phase !== 'reading') connection.enter('reading', now);
        connection.isHeadWhole = verdict === HEAD_SIMPLE;
        if (connection.scan === undefined) {
          connection.scan = scan;
          this.#scan = new HeadScan();
        }
        keep(connection, bytes, start, end);
        this.#deadlines.schedule(connection, this.#nextLook(connection, now));
        return;
      case 'request':
        this.#admit(connection, bytes, start + scan.headStart, start + scan.headEnd + scan.contentLength, end, false, now);
        return;
      case 'connection':
        this.#admit(connection, bytes, start, end, end, true, now);
        return;
      case 'head-too-large':
        this.#refuse(connection, HEADERS_TOO_LARGE, 'headTooLarge', now);
        return;
      case 'body-too-large':
        this.#refuse(connection, PAYLOAD_TOO_LARGE, 'bodyTooLarge', now);
        return;
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
    const { maxPending } = this.#options;
    if (this.lending.hasPending(maxPending) && mustRefuse(this.lending.countPending(), this.bells.countReady(), maxPending)) {
      this.#reject(connection, 'maxPending', now);
      return;
    }
    if (lendsConnection) stopReading(connection.socket);
    keep(connection, bytes, requestEnd, end);
    const mustTell = requestEnd < end || connection.hasEnded;
    try {
      this.lending.lend(connection, bytes, start, requestEnd, lendsConnection, mustTell, now);
    } catch {
      this.#reject(connection, 'noDescriptors', now);
      return;
    }
    if (this.#options.maxWaitMs !== 0) this.#deadlines.schedule(connection, now + this.#options.maxWaitMs);
  }

  #reject(connection: Connection, reason: RejectReason, now: number): void {
    this.counters.rejected[reason] += 1;
    this.#replyAndClose(connection, SERVER_BUSY, now);
  }

  #refuse(connection: Connection, reply: CannedReply, reason: RefusalReason, now: number): void {
    this.counters.refused[reason] += 1;
    this.#replyAndClose(connection, reply, now);
  }

  #replyAndClose(connection: Connection, reply: CannedReply, now: number): void {
    replyAndClose(connection, reply, now);
    this.#deadlines.schedule(connection, this.#nextLook(connection, now));
  }

  // --- A loan ends --------------------------------------------------------------------------------

  /** Hears the threads' bell: `readEnd` of its pipe. */
  hearThreads(readEnd: number): void {
    this.#bell = hear(readEnd, () => this.readAllMail()).unref();
  }

  readAllMail(): void {
    for (let line = 1; line <= this.#layout.lineCount; line += 1) {
      if (answerRing(this.#memory, this.#layout, line)) this.readMail(line);
    }
    this.lending.drainOverflow(nowMs());
  }

  readMail(line: number): void {
    const mustLookAtAll = readLetters(this.#memory, this.#layout, line, (slot) => this.look(slot));
    if (!mustLookAtAll) return;
    this.connections.forEach((connection) => {
      if (ownerOf(this.#memory.load(wordCell(this.#layout, connection.slot))) === line) this.look(connection.slot);
    });
  }

  /** Acts on a connection's word. Safe to call once too often. */
  look(slot: number): void {
    const connection = this.connections.get(slot);
    if (connection === undefined || (connection.phase !== 'lent' && connection.phase !== 'gone')) return;
    const stage = stageOf(this.#memory.load(wordCell(this.#layout, slot)));
    if (stage !== IDLE && stage !== CLOSING) return;
    connection.lentDescriptors = undefined;
    if (connection.phase === 'gone') {
      this.#forget(connection);
    } else if (stage === CLOSING) {
      this.#closeAfterLoan(connection);
    } else {
      this.resume(connection, nowMs());
    }
  }

  /** The connection is the acceptor's alone again: goes on with what has been read. */
  resume(connection: Connection, now: number): void {
    if (connection.lendsConnection) {
      connection.lendsConnection = false;
      this.#libc.setNonBlocking(connection.descriptor);
    }
    connection.enter('idle', now);
    const { buffer } = connection;
    if (buffer !== undefined) this.#frame(connection, buffer.bytes, buffer.start, buffer.end, now);
    if (isLentWhole(connection)) return;
    if (connection.hasEnded && connection.phase !== 'lent' && connection.phase !== 'overflow') {
      this.#afterLastRequest(connection, now);
      return;
    }
    if ((connection.buffer?.length ?? 0) < READ_AHEAD_BYTES) startReading(connection.socket);
    this.#deadlines.schedule(connection, this.#nextLook(connection, now));
  }

  #closeAfterLoan(connection: Connection): void {
    const now = nowMs();
    // A client that asked for the close sends nothing more: nothing can turn into a reset.
    if (!connection.keepsAlive && !connection.lendsConnection && connection.buffer === undefined) {
      connection.enter('lingering', now);
      connection.socket.destroy();
      return;
    }
    this.#lingerAfterLoan(connection, now);
  }

  #lingerAfterLoan(connection: Connection, now: number): void {
    linger(connection, now);
    this.#deadlines.schedule(connection, this.#nextLook(connection, now));
  }

  // --- A client leaves ----------------------------------------------------------------------------

  #whenEnded(connection: Connection): void {
    connection.hasEnded = true;
    const now = nowMs();
    switch (connection.phase) {
      case 'lent':
        // Node 20 mostly reports a reset as an end; the app must hear which it was.
        if (this.#libc.isReset(connection.descriptor)) connection.socket.destroy();
        else if (this.#isBack(connection)) this.resume(connection, now);
        else this.#tellClientGone(connection, 'end');
        return;
      case 'overflow':
      case 'replying':
      case 'gone':
        return;
      default:
        this.#afterLastRequest(connection, now);
    }
  }

  /** The client has sent its last byte, and every whole request is answered. */
  #afterLastRequest(connection: Connection, now: number): void {
    if (connection.phase === 'reading') this.#refuse(connection, BAD_REQUEST, 'badRequest', now);
    else connection.socket.destroySoon();
  }

  #whenClosed(connection: Connection): void {
    if (connection.phase === 'lent' || connection.phase === 'overflow') {
      if (!this.lending.cancel(connection, nowMs()) && !this.#isBackOrClosing(connection)) {
        this.#tellClientGone(connection, 'reset');
        connection.phase = 'gone';
        return;
      }
    }
    this.#forget(connection);
  }

  #isBackOrClosing(connection: Connection): boolean {
    return this.#isBack(connection) || stageOf(this.#memory.load(wordCell(this.#layout, connection.slot))) === CLOSING;
  }

  /** The thread that has the request is told; one that has yet to take it finds it in the connection's cells. */
  #tellClientGone(connection: Connection, how: 'end' | 'reset'): void {
    const cell = wordCell(this.#layout, connection.slot);
    // The cell first: a thread that claims after our look at the word reads it after its claim.
    this.#memory.store(cell + CLIENT_ENDED, 1);
    const word = this.#memory.load(cell);
    if (stageOf(word) === WAITING || ownerOf(word) === 0) return;
    this.#tell(ownerOf(word), { type: 'client-gone', slot: connection.slot, generation: generationOf(word), how });
  }

  /** The connection is over and no thread has a loan of it: its slot and its descriptor are free. */
  #forget(connection: Connection): void {
    connection.phase = 'gone';
    this.#deadlines.remove(connection);
    if (connection.writeDescriptor !== -1) this.#libc.close(connection.writeDescriptor);
    connection.writeDescriptor = -1;
    const cell = wordCell(this.#layout, connection.slot);
    this.#memory.store(cell + CLIENT_ENDED, 0);
    this.#memory.store(cell, makeWord(IDLE, 0, generationOf(this.#memory.load(cell))));
    this.connections.remove(connection);
    this.#onConnectionOver(connection);
  }

  // --- A thread asks, or dies ---------------------------------------------------------------------

  /** A reply is blocked: its thread goes on with a duplicate. -1 says that the loan is over. */
  duplicateFor(line: number, slot: number, generation: number): void {
    const connection = this.connections.get(slot);
    const word = this.#memory.load(wordCell(this.#layout, slot));
    const isCurrent = ownerOf(word) === line && generationOf(word) === generation && stageOf(word) === REPLYING;
    let descriptor = -1;
    if (connection !== undefined && connection.phase === 'lent' && isCurrent) {
      try {
        descriptor = this.lending.duplicateForThread(connection);
      } catch {
        // Descriptors are used up: the thread ends the loan.
      }
    }
    this.#tell(line, { type: 'duplicate', slot, generation, descriptor });
  }

  /** The app destroyed its connection after the loan's end: done if nothing has happened since. */
  closeIfIdle(slot: number, generation: number): void {
    const connection = this.connections.get(slot);
    const word = this.#memory.load(wordCell(this.#layout, slot));
    if (connection?.phase !== 'lent' || stageOf(word) !== IDLE || generationOf(word) !== generation) return;
    this.#lingerAfterLoan(connection, nowMs());
  }

  /** Settles all loans of a thread that has exited. Gives its clients' fates for the log. */
  settle(line: number): SettlementCounts {
    const now = nowMs();
    const counts: SettlementCounts = { replied: 0, cut: 0 };
    this.readMail(line);
    // Before the words: the entries are found by the owner that still stands in them.
    this.lending.recount(settleEntries(this.#memory, this.#layout, line));
    this.connections.forEach((connection) => {
      const word = this.#memory.load(wordCell(this.#layout, connection.slot));
      if (ownerOf(word) === line) this.#settleConnection(connection, stageOf(word), counts, now);
    });
    resetLine(this.#memory, this.#layout, line);
    this.lending.drainOverflow(now);
    if (mayHoldRequests(this.#memory)) this.bells.ringOne();
    return counts;
  }

  #settleConnection(connection: Connection, stage: number, counts: SettlementCounts, now: number): void {
    const settlement = settlementOf(stage);
    if (settlement === 'look') {
      this.look(connection.slot);
      return;
    }
    closeUnadopted(connection, this.#libc);
    if (connection.phase === 'gone') {
      this.#forget(connection);
      return;
    }
    if (settlement === 'cut') {
      counts.cut += 1;
      this.#disown(connection);
      connection.socket.destroy();
      return;
    }
    counts.replied += 1;
    this.counters.refused.threadFailed += 1;
    this.#disown(connection);
    if (settlement === 'reply-and-close' || !connection.keepsAlive) {
      this.#replyAndClose(connection, THREAD_FAILED, now);
      return;
    }
    replyAndKeep(connection, THREAD_FAILED, now, () => {
      if (connection.phase === 'replying') this.resume(connection, nowMs());
    });
    this.#deadlines.schedule(connection, this.#nextLook(connection, now));
  }

  /** The word is the acceptor's again. The generation stays: the dead thread's entry is found by it. */
  #disown(connection: Connection): void {
    connection.enter('idle', nowMs());
    const cell = wordCell(this.#layout, connection.slot);
    this.#memory.store(cell, makeWord(IDLE, 0, generationOf(this.#memory.load(cell))));
  }

  // --- The server stops ---------------------------------------------------------------------------

  /** From now on every reply says close; connections between requests go after `idleMs`. */
  drain(idleMs: number): void {
    const now = nowMs();
    this.#drain = { since: now, idleMs };
    this.#memory.store(DRAINING, 1);
    this.connections.forEach((connection) => this.#deadlines.schedule(connection, now + idleMs));
  }

  /** The drain's time is up: what waits gets its 503, the rest is cut. */
  cutAll(): SettlementCounts {
    const now = nowMs();
    const counts: SettlementCounts = { replied: 0, cut: 0 };
    this.connections.forEach((connection) => {
      const isWaiting = connection.phase === 'lent' || connection.phase === 'overflow';
      if (isWaiting && this.lending.cancel(connection, now)) {
        counts.replied += 1;
        this.#reject(connection, 'drain', now);
      } else if (connection.phase !== 'lingering') {
        if (isWaiting || connection.phase === 'reading') counts.cut += 1;
        connection.socket.destroy();
      }
    });
    return counts;
  }

  close(): void {
    this.bells.close();
    this.#deadlines.close();
    this.#bell?.destroy();
  }

  // --- Time passes --------------------------------------------------------------------------------

  #whenDue(connection: Connection, now: number): void {
    const verdict = this.#judge(connection, now);
    switch (verdict.action) {
      case 'look':
        this.#deadlines.schedule(connection, verdict.at);
        return;
      case 'refuse-slow':
        this.#refuse(connection, REQUEST_TIMEOUT, 'readTimeout', now);
        return;
      case 'refuse-waiting':
        if (this.lending.cancel(connection, now)) this.#reject(connection, 'maxWait', now);
        else this.#deadlines.schedule(connection, this.#nextLook(connection, now));
        return;
      case 'release-descriptor':
        this.#libc.close(connection.writeDescriptor);
        connection.writeDescriptor = -1;
        this.#deadlines.schedule(connection, this.#nextLook(connection, now));
        return;
      case 'close':
        connection.socket.destroy();
        return;
    }
  }

  #nextLook(connection: Connection, now: number): number {
    const verdict = this.#judge(connection, now);
    return verdict.action === 'look' ? verdict.at : now;
  }

  #judge(connection: Connection, now: number): Verdict {
    return judge(this.#standing(connection), this.#options, this.#drain, now);
  }

  #standing(connection: Connection): Standing {
    const { phase, since } = connection;
    switch (phase) {
      case 'new':
        return { phase, acceptedAt: since };
      case 'reading':
        return { phase, begunAt: since, lastByteAt: connection.lastByteAt };
      case 'overflow':
        return { phase: 'waiting', waitingSince: since };
      case 'idle':
        return { phase, idleSince: since, hasWriteDescriptor: connection.writeDescriptor !== -1 };
      case 'lent':
        return this.#lentStanding(connection);
      case 'gone':
        return { phase: 'running' };
      default:
        return { phase, since };
    }
  }

  /** The word tells how far a lent connection is; one that came back silently is idle since its reply. */
  #lentStanding(connection: Connection): Standing {
    const cell = wordCell(this.#layout, connection.slot);
    const stage = stageOf(this.#memory.load(cell));
    if (stage === WAITING) return { phase: 'waiting', waitingSince: connection.since };
    if (stage !== IDLE) return { phase: 'running' };
    const now = nowMs();
    const idleSince = now - msSince(this.#memory.load(cell + FINISHED_AT), now);
    return { phase: 'idle', idleSince, hasWriteDescriptor: connection.writeDescriptor !== -1 };
  }
}

/** A thread reads it: the acceptor must not. */
const isLentWhole = (connection: Connection): boolean => connection.phase === 'lent' && connection.lendsConnection;

const ignore = (): void => {
  // 'close' follows and does what is to be done.
};

/** Keeps `bytes[start, end)` for later. */
function keep(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
  const { buffer } = connection;
  if (start === end) connection.buffer = undefined;
  else if (buffer !== undefined && buffer.bytes === bytes) buffer.start = start;
  else connection.buffer = new ReadBuffer(bytes, start, end);
}
