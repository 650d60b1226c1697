/**
 * All open connections: their slots, their words as the acceptor sees them, their deadlines, and the
 * ways in which they end. What decides is in the files that use this one.
 */
import type { Memory } from '../shared/memory/cells.ts';
import { nowMs } from '../shared/clock.ts';
import { CLIENT_ENDED, HEAD_REQUEST, type Layout, wordCell } from '../shared/memory/layout.ts';
import type { ResolvedOptions } from '../shared/options/options.ts';
import { type CannedReply, SERVER_BUSY } from '../shared/replies.ts';
import { generationOf, IDLE, makeWord, MORE, stageOf } from '../shared/memory/words.ts';
import type { Connection } from './connection.ts';
import { ConnectionLimits } from './listening/connection-limits.ts';
import { ConnectionTable } from './connection-table.ts';
import { type AcceptorCounters, createCounters, type RefusalReason, type RejectReason } from './counters.ts';
import { Deadlines } from './timing/deadlines.ts';
import type { Libc } from './libc.ts';
import { bytesFor, lingerAfterLoan, replyAndClose } from './endings/own-replies.ts';
import { discard, endQuietly, QUIET_LOOK_MS } from './endings/quiet-close.ts';
import { standingOf } from './timing/standing.ts';
import { type Drain, judge, lookAgainMs, type Standing, type Verdict } from './timing/timeouts.ts';

export interface ConnectionsParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly libc: Libc;
  readonly options: ResolvedOptions;
  /** Its time has come: what `judge` says about it now. */
  readonly whenDue: (connection: Connection, verdict: Verdict, now: number) => void;
  /** It is over and forgotten. */
  readonly whenOver: (connection: Connection) => void;
}

export class Connections {
  readonly table: ConnectionTable = new ConnectionTable();
  readonly counters: AcceptorCounters = createCounters();
  readonly limits: ConnectionLimits;
  readonly #parts: ConnectionsParts;
  readonly #deadlines: Deadlines<Connection>;
  readonly #lookAgainMs: number;
  #drain: Drain | undefined;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    this.#lookAgainMs = lookAgainMs(parts.options);
    this.limits = new ConnectionLimits(parts.options.maxConnections, parts.options.maxConnectionsPerIp);
    this.#deadlines = new Deadlines((connection, now) => parts.whenDue(connection, this.#judge(connection, now), now));
  }

  add(connection: Connection, now: number): void {
    this.table.add(connection);
    this.counters.accepted += 1;
    // 32 bits: a thread remembers none of four billion connections ago.
    connection.serial = this.counters.accepted | 0;
    this.lookLater(connection, now);
  }

  // --- Words --------------------------------------------------------------------------------------

  word(connection: Connection): number {
    return this.#parts.memory.load(wordCell(this.#parts.layout, connection.slot));
  }

  /** Whether a loan has ended and left the connection open. If not, its holder will ring at its end. */
  isBack(connection: Connection): boolean {
    const { memory, layout } = this.#parts;
    const cell = wordCell(layout, connection.slot);
    if (stageOf(memory.load(cell)) === IDLE) return true;
    return stageOf(memory.or(cell, MORE)) === IDLE;
  }

  /** The word is the acceptor's again: only when no thread can swap it. The generation stays. */
  disown(connection: Connection): void {
    const { memory, layout } = this.#parts;
    memory.store(wordCell(layout, connection.slot), makeWord(IDLE, 0, generationOf(this.word(connection))));
  }

  /** Of a lent connection's requests the acceptor has seen the first at most: its thread says what they are. */
  noteLentMethod(connection: Connection): void {
    if (!connection.lendsConnection) return;
    const { memory, layout } = this.#parts;
    connection.isHeadRequest = memory.load(wordCell(layout, connection.slot) + HEAD_REQUEST) === 1;
  }

  // --- Ends ---------------------------------------------------------------------------------------

  /** 503, because there is no room. `isAllRead`: nothing of what the client has to say is still to come. */
  reject(connection: Connection, reason: RejectReason, now: number, isAllRead = false): void {
    this.counters.rejected[reason] += 1;
    if (isAllRead && connection.isUnwatched) this.#replyAndCloseQuietly(connection, SERVER_BUSY, now);
    else this.#replyAndClose(connection, SERVER_BUSY, now);
  }

  /** Another reply of ours that closes. */
  refuse(connection: Connection, reply: CannedReply, reason: RefusalReason, now: number): void {
    this.counters.refused[reason] += 1;
    this.#replyAndClose(connection, reply, now);
  }

  /** A thread has given the last reply. */
  linger(connection: Connection, now: number): void {
    lingerAfterLoan(connection, now);
    this.lookLater(connection, now);
  }

  /** The connection is over and no thread has a loan of it: its slot and its descriptor are free. */
  forget(connection: Connection): void {
    const { memory, layout, whenOver } = this.#parts;
    connection.phase = 'gone';
    this.#deadlines.remove(connection);
    this.#closeDescriptors(connection);
    memory.store(wordCell(layout, connection.slot) + CLIENT_ENDED, 0);
    this.disown(connection);
    if (connection.hasPermit) this.limits.release(connection.ip);
    this.table.remove(connection);
    whenOver(connection);
  }

  #replyAndClose(connection: Connection, reply: CannedReply, now: number): void {
    replyAndClose(connection, reply, now);
    this.lookLater(connection, now);
  }

  #replyAndCloseQuietly(connection: Connection, reply: CannedReply, now: number): void {
    if (!endQuietly(connection, bytesFor(reply, connection.isHeadRequest, false), this.#parts.libc)) {
      this.#replyAndClose(connection, reply, now);
      return;
    }
    connection.enter('lingering', now);
    this.lookBefore(connection, now + QUIET_LOOK_MS);
  }

  /** Of a quiet close. False: a socket is to go on with it. */
  lingerQuietly(connection: Connection, isOver: boolean, now: number): boolean {
    const seen = discard(connection, this.#parts.libc);
    if (isOver || seen === 'ended') this.forget(connection);
    else if (seen === 'waits') this.lookBefore(connection, now + QUIET_LOOK_MS);
    return seen !== 'sends' || isOver;
  }

  // --- Deadlines ----------------------------------------------------------------------------------

  /** Looks again when the connection's standing asks for it. */
  lookLater(connection: Connection, now: number): void {
    const verdict = this.#judge(connection, now);
    this.#deadlines.schedule(connection, verdict.action === 'look' ? verdict.at : now);
  }

  /** Looks again before a loan that begins now can be due. For each request: costs nothing where that is so already. */
  lookSoon(connection: Connection, now: number): void {
    this.#deadlines.schedule(connection, now + this.#lookAgainMs);
  }

  /** Looks again at `dueAt` at the latest. */
  lookBefore(connection: Connection, dueAt: number): void {
    this.#deadlines.schedule(connection, dueAt);
  }

  /** From now on a connection between requests is closed after `idleMs`. */
  drain(idleMs: number): void {
    const now = nowMs();
    this.#drain = { since: now, idleMs };
    this.table.forEach((connection) => this.#deadlines.schedule(connection, now + idleMs));
  }

  close(): void {
    this.#deadlines.close();
  }

  standing(connection: Connection, now: number): Standing {
    return standingOf(connection, this.#parts.memory, this.#parts.layout, now);
  }

  /** Of an idle connection: made again when it is needed. */
  releaseWriteDescriptor(connection: Connection): void {
    const { writeDescriptor, descriptor } = connection;
    // Its own is no duplicate.
    if (writeDescriptor === descriptor) return;
    if (writeDescriptor !== -1) this.#parts.libc.close(writeDescriptor);
    connection.writeDescriptor = -1;
  }

  /** A socket has closed its own. */
  #closeDescriptors(connection: Connection): void {
    this.releaseWriteDescriptor(connection);
    if (connection.isUnwatched) connection.incoming.close();
  }

  #judge(connection: Connection, now: number): Verdict {
    return judge(this.standing(connection, now), this.#parts.options, this.#drain, now);
  }
}
