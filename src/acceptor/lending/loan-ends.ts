/**
 * How loans come back. A thread changes the connection's word and, if somebody waits for it, writes
 * a letter and rings; the acceptor looks at the word and goes on from there. Looking once too often
 * does no harm.
 */
import type net from 'node:net';
import { hear } from '../../shared/bell.ts';
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import type { Layout } from '../../shared/memory/layout.ts';
import { readLetters } from '../../shared/memory/mailbox.ts';
import type { ToThread } from '../../shared/messages.ts';
import { answerRing } from '../../shared/memory/thread-line.ts';
import { CLOSING, generationOf, IDLE, ownerOf, REPLYING, stageOf } from '../../shared/memory/words.ts';
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { Lending } from './lending.ts';
import type { Libc } from '../libc.ts';

export interface LoanEndsParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly libc: Libc;
  readonly connections: Connections;
  readonly lending: Lending;
  readonly tell: (line: number, message: ToThread) => void;
  /** The connection is the acceptor's alone again. */
  readonly resume: (connection: Connection, now: number) => void;
}

const ONE_BYTE = new Uint8Array(1);

export class LoanEnds {
  readonly #parts: LoanEndsParts;

  constructor(parts: LoanEndsParts) {
    this.#parts = parts;
  }

  /** Hears the threads' bell, by the read end of its pipe. */
  hearThreads(readEnd: number): net.Socket {
    return hear(readEnd, () => this.#readAllMail()).unref();
  }

  readMail(line: number): void {
    const { memory, layout, connections } = this.#parts;
    const mustLookAtAll = readLetters(memory, layout, line, (slot) => this.look(slot));
    if (!mustLookAtAll) return;
    connections.table.forEach((connection) => {
      if (ownerOf(connections.word(connection)) === line) this.look(connection.slot);
    });
  }

  /** Acts on a connection's word. */
  look(slot: number): void {
    const { connections, resume } = this.#parts;
    const connection = connections.table.get(slot);
    if (connection === undefined || (connection.phase !== 'lent' && connection.phase !== 'gone')) return;
    const stage = stageOf(connections.word(connection));
    if (stage !== IDLE && stage !== CLOSING) return;
    if (connection.phase === 'gone') connections.forget(connection);
    else if (stage === CLOSING) this.#close(connection);
    else resume(connection, nowMs());
  }

  /** The app destroyed its connection after the loan's end: done if nothing has happened since. */
  closeIfIdle(slot: number, generation: number): void {
    const { connections } = this.#parts;
    const connection = connections.table.get(slot);
    // `idle`: its end was told of, because something was read that is no request yet.
    if (connection?.phase !== 'lent' && connection?.phase !== 'idle') return;
    const word = connections.word(connection);
    if (stageOf(word) === IDLE && generationOf(word) === generation) connections.linger(connection, nowMs());
  }

  /** A reply is blocked: its thread goes on with a duplicate. -1 tells it that there is none. */
  duplicateFor(line: number, slot: number, generation: number): void {
    const { connections, tell } = this.#parts;
    const connection = connections.table.get(slot);
    let descriptor = -1;
    // Of a destroyed socket the descriptor's number may be another connection's by now.
    if (connection?.phase === 'lent' && !connection.isDestroyed) {
      const word = connections.word(connection);
      const isCurrent = ownerOf(word) === line && generationOf(word) === generation && stageOf(word) === REPLYING;
      if (isCurrent) descriptor = this.#tryDuplicate(connection);
    }
    tell(line, { type: 'duplicate', slot, generation, descriptor });
  }

  /** Without one, when descriptors are used up, the thread ends the loan. */
  #tryDuplicate(connection: Connection): number {
    try {
      return this.#parts.lending.duplicateForThread(connection);
    } catch {
      return -1;
    }
  }

  #readAllMail(): void {
    const { memory, layout, lending } = this.#parts;
    for (let line = 1; line <= layout.lineCount; line += 1) {
      if (answerRing(memory, layout, line)) this.readMail(line);
    }
    lending.drainOverflow(nowMs());
  }

  #close(connection: Connection): void {
    connection.lentDescriptors = undefined;
    // A client that asked for the close sends nothing more: nothing can turn into a reset.
    const isSilent = !connection.keepsAlive && !connection.lendsConnection && connection.buffer === undefined;
    if (!isSilent) {
      this.#parts.connections.linger(connection, nowMs());
    } else if (connection.isUnwatched) {
      this.#closeUnwatched(connection);
    } else {
      this.#parts.connections.disown(connection);
      connection.enter('lingering', nowMs());
      connection.socket.destroy();
    }
  }

  /** Nobody has looked whether it has sent more nevertheless. */
  #closeUnwatched(connection: Connection): void {
    const { connections, libc } = this.#parts;
    if (libc.receive(connection.descriptor, ONE_BYTE) > 0) connections.linger(connection, nowMs());
    else connections.forget(connection);
  }
}
