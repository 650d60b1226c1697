/** Settles the loans of threads that have exited, and of all at the end of a drain. */
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import type { Layout } from '../../shared/memory/layout.ts';
import { THREAD_FAILED } from '../../shared/replies.ts';
import { mayHoldRequests } from '../../shared/memory/request-ring.ts';
import { resetLine } from '../../shared/memory/thread-line.ts';
import { ownerOf, stageOf } from '../../shared/memory/words.ts';
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { Lending } from '../lending/lending.ts';
import type { Libc } from '../libc.ts';
import type { LoanEnds } from '../lending/loan-ends.ts';
import { replyAndKeep } from './own-replies.ts';
import { closeUnadopted, settlementOf, settleEntries } from './settlement.ts';
import type { ThreadBells } from '../lending/thread-bells.ts';

/** What became of requests that could not be served to their end. */
export interface SettlementCounts {
  /** Answered 503 by the acceptor. */
  replied: number;
  /** Closed without a whole reply. */
  cut: number;
}

export interface DeadThreadsParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly libc: Libc;
  readonly connections: Connections;
  readonly lending: Lending;
  readonly loanEnds: LoanEnds;
  readonly bells: ThreadBells;
  readonly resume: (connection: Connection, now: number) => void;
}

export class DeadThreads {
  readonly #parts: DeadThreadsParts;

  constructor(parts: DeadThreadsParts) {
    this.#parts = parts;
  }

  /** Settles every loan of the line's thread, which has exited. The line can be given out again then. */
  settle(line: number): SettlementCounts {
    const { memory, layout, connections, lending, loanEnds, bells } = this.#parts;
    const now = nowMs();
    const counts: SettlementCounts = { replied: 0, cut: 0 };
    loanEnds.readMail(line);
    // Before the words: the entries are found by the owner that still stands in them.
    lending.recount(settleEntries(memory, layout, line));
    connections.table.forEach((connection) => {
      const word = connections.word(connection);
      if (ownerOf(word) === line) this.#settleConnection(connection, stageOf(word), counts, now);
    });
    resetLine(memory, layout, line);
    lending.drainOverflow(now);
    if (mayHoldRequests(memory)) bells.ringOne();
    return counts;
  }

  #settleConnection(connection: Connection, stage: number, counts: SettlementCounts, now: number): void {
    const { libc, connections, loanEnds } = this.#parts;
    const settlement = settlementOf(stage);
    if (settlement === 'look') {
      loanEnds.look(connection.slot);
      return;
    }
    closeUnadopted(connection, libc);
    if (settlement === 'leave') return;
    if (connection.phase === 'gone') {
      connections.forget(connection);
      return;
    }
    connections.disown(connection);
    connection.enter('idle', now);
    if (settlement === 'cut') {
      counts.cut += 1;
      connection.socket.destroy();
      return;
    }
    counts.replied += 1;
    connections.noteLentMethod(connection);
    // A child process that was given the lent connection may have made it blocking.
    if (connection.lendsConnection && !connection.isDestroyed) libc.setNonBlocking(connection.descriptor);
    if (settlement === 'reply-and-close' || !connection.keepsAlive) {
      connections.refuse(connection, THREAD_FAILED, 'threadFailed', now);
      return;
    }
    connections.counters.refused.threadFailed += 1;
    replyAndKeep(connection, THREAD_FAILED, now, () => {
      if (connection.phase === 'replying') this.#parts.resume(connection, nowMs());
    });
    connections.lookLater(connection, now);
  }
}
