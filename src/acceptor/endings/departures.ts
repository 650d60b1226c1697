/**
 * Clients that leave. A half-closed one (FIN) still gets what it asked for as node:http would do it;
 * one that is gone takes its waiting request with it, and the thread that has its running one is told.
 */
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import { CLIENT_ENDED, type Layout, wordCell } from '../../shared/memory/layout.ts';
import type { ToThread } from '../../shared/messages.ts';
import { BAD_REQUEST } from '../../shared/replies.ts';
import { CLOSING, generationOf, ownerOf, stageOf } from '../../shared/memory/words.ts';
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { Lending } from '../lending/lending.ts';
import type { Libc } from '../libc.ts';

export interface DeparturesParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly libc: Libc;
  readonly connections: Connections;
  readonly lending: Lending;
  readonly tell: (line: number, message: ToThread) => void;
  readonly resume: (connection: Connection, now: number) => void;
}

export class Departures {
  readonly #parts: DeparturesParts;

  constructor(parts: DeparturesParts) {
    this.#parts = parts;
  }

  /** The socket's 'end': the client has sent its last byte. */
  whenEnded(connection: Connection): void {
    const { connections, libc, resume } = this.#parts;
    const now = nowMs();
    connection.hasEnded = true;
    switch (connection.phase) {
      case 'lent':
        // Node 20 mostly reports a reset as an end; the app must hear which it was.
        if (libc.isReset(connection.descriptor)) connection.socket.destroy();
        else if (connections.isBack(connection)) resume(connection, now);
        else this.#tell(connection, 'end');
        return;
      // These go on when their request, or our reply, is done.
      case 'overflow':
        this.#noteEnd(connection);
        return;
      case 'replying':
      case 'gone':
        return;
      default:
        this.afterLastRequest(connection, now);
    }
  }

  /** The client has sent its last byte, and every whole request is answered. */
  afterLastRequest(connection: Connection, now: number): void {
    if (connection.phase === 'reading') this.#parts.connections.refuse(connection, BAD_REQUEST, 'badRequest', now);
    else connection.socket.destroySoon();
  }

  /** The socket's 'close': by a reset, or by us. */
  whenClosed(connection: Connection): void {
    const { connections, lending } = this.#parts;
    const isOnLoan = connection.phase === 'lent' || connection.phase === 'overflow';
    if (!isOnLoan || lending.cancel(connection, nowMs()) || this.#hasCome(connection)) {
      connections.forget(connection);
      return;
    }
    // Its thread ends the loan, and rings: `isBack` has asked for it.
    connection.phase = 'gone';
    this.#tell(connection, 'reset');
  }

  /** For the thread that will take its request. */
  #noteEnd({ slot }: Connection): void {
    const { memory, layout } = this.#parts;
    memory.store(wordCell(layout, slot) + CLIENT_ENDED, 1);
  }

  #hasCome(connection: Connection): boolean {
    const { connections } = this.#parts;
    return connections.isBack(connection) || stageOf(connections.word(connection)) === CLOSING;
  }

  /** The thread that has the request is told; one that has yet to take it finds it in the connection's cells. */
  #tell(connection: Connection, how: 'end' | 'reset'): void {
    const { connections, tell } = this.#parts;
    // The cell first: a thread that claims after our look at the word reads it after its claim.
    this.#noteEnd(connection);
    const word = connections.word(connection);
    const owner = ownerOf(word);
    if (owner !== 0) tell(owner, { type: 'client-gone', slot: connection.slot, generation: generationOf(word), how });
  }
}
