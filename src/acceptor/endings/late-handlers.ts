/**
 * Handlers that have had their time. The acceptor takes the request back by a swap of the word, so
 * that the late reply can't be written any more, answers 504 in its place and lets the connection
 * live; a reply that had begun can only be cut. The thread, which may hang, is told but not asked:
 * its count of running requests goes down here, too. Main thread.
 */
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import { type Layout, wordCell } from '../../shared/memory/layout.ts';
import type { ToThread } from '../../shared/messages.ts';
import { HANDLER_TIMEOUT } from '../../shared/replies.ts';
import { startOf } from '../../shared/memory/request-start.ts';
import { addRunning } from '../../shared/memory/thread-line.ts';
import {
  generationOf,
  LENT,
  LENT_REPLYING,
  LOST,
  makeWord,
  ownerOf,
  REPLYING,
  REVOKED,
  RUNNING,
  stageOf,
  swapWord,
} from '../../shared/memory/words.ts';
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import type { Libc } from '../libc.ts';
import { replyAndKeep } from './own-replies.ts';
import type { Route } from '../framing/request-line.ts';

/**
 * A thread with more handlers than this that were given up is replaced: whatever they wait for, they
 * keep what they hold.
 */
const MOST_ABANDONED = 100;

/** A request that was given up: answered 504, or, its reply begun, cut. */
export interface LateRequest extends Route {
  /** Of the thread that has not answered it. */
  readonly line: number;
  readonly ranMs: number;
  readonly outcome: '504' | 'cut';
}

export interface LateHandlersParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly libc: Libc;
  readonly connections: Connections;
  readonly tell: (line: number, message: ToThread) => void;
  readonly resume: (connection: Connection, now: number) => void;
  readonly whenLate: (request: LateRequest) => void;
  /** The line's thread has had too many of them. Called again with each one more. */
  readonly whenWornOut: (line: number, abandoned: number) => void;
}

interface Begun {
  readonly startedAt: number;
  readonly route: Route;
}

const laterOf = (one: Begun | undefined, other: Begun): Begun =>
  one !== undefined && one.startedAt > other.startedAt ? one : other;

const UNKNOWN: Route = { method: undefined, path: undefined };

export class LateHandlers {
  readonly #parts: LateHandlersParts;
  /** By line: how many since its thread began. */
  readonly #abandoned: number[] = [];
  /** By line: the one of them that had begun last. */
  readonly #newest: (Begun | undefined)[] = [];

  constructor(parts: LateHandlersParts) {
    this.#parts = parts;
  }

  /** Requests of the line's thread that were given up so far. */
  abandonedBy(line: number): number {
    return this.#abandoned[line] ?? 0;
  }

  /** The line's thread has exited. */
  forget(line: number): void {
    this.#abandoned[line] = 0;
    this.#newest[line] = undefined;
  }

  /** A thread has given up a request of a connection that it reads itself. */
  noteLent(request: LateRequest): void {
    if (request.outcome === '504') this.#parts.connections.counters.refused.handlerTimeout += 1;
    this.#note(request);
  }

  #note(request: LateRequest): void {
    const { whenLate, whenWornOut } = this.#parts;
    const { line } = request;
    const abandoned = this.abandonedBy(line) + 1;
    this.#abandoned[line] = abandoned;
    whenLate(request);
    if (abandoned > MOST_ABANDONED) whenWornOut(line, abandoned);
  }

  /** Ends a request loan whose time is up; if it ends by itself at this moment, nothing happens. */
  end(connection: Connection, now: number): void {
    const { connections } = this.#parts;
    const word = connections.word(connection);
    switch (stageOf(word)) {
      case RUNNING:
        if (this.#revoke(connection, word)) {
          this.#noteOf(connection, word, '504', now);
          this.#answer(connection, now);
        } else connections.lookLater(connection, now);
        return;
      case REPLYING:
        this.#noteOf(connection, word, 'cut', now);
        this.#cut(connection);
        return;
      default:
        connections.lookLater(connection, now);
    }
  }

  /**
   * The line's thread is held, and will be ended: its lent connections, whose requests it would have
   * timed by itself, get their 504 here. Gives the request that had begun last: nothing begins in a
   * thread that is held, so most likely it is the one that holds it.
   */
  endLent(line: number, now: number): Route {
    const { memory, layout, connections } = this.#parts;
    let newest = this.#newest[line];
    connections.table.forEach((connection) => {
      const word = connections.word(connection);
      if (ownerOf(word) !== line) return;
      const startedAt = startOf(memory, layout, connection.slot, now);
      if (startedAt === undefined) return;
      newest = laterOf(newest, { startedAt, route: connection.requestLine?.route ?? UNKNOWN });
      this.#endLent(connection, word, now);
    });
    return newest?.route ?? UNKNOWN;
  }

  #endLent(connection: Connection, word: number, now: number): void {
    const { libc, connections } = this.#parts;
    // A client that has left gets nothing; what is left of the loan is settled with the thread.
    if (connection.phase !== 'lent' || connection.isDestroyed) return;
    const stage = stageOf(word);
    if (stage === LENT_REPLYING) {
      this.#noteOf(connection, word, 'cut', now);
      this.#cut(connection);
    } else if (stage === LENT && this.#revoke(connection, word)) {
      this.#noteOf(connection, word, '504', now);
      // A child process that was given the lent connection may have made it blocking.
      libc.setNonBlocking(connection.descriptor);
      connections.noteLentMethod(connection);
      // Half a request may have been read: nothing that follows can be told from its rest.
      connections.refuse(connection, HANDLER_TIMEOUT, 'handlerTimeout', now);
    }
  }

  /** Takes the loan back. False: it has ended, or its reply begun, meanwhile. */
  #revoke(connection: Connection, word: number): boolean {
    const { memory, layout, tell } = this.#parts;
    const { slot } = connection;
    const line = ownerOf(word);
    const generation = generationOf(word);
    const cell = wordCell(layout, slot);
    const from = makeWord(stageOf(word), line, generation);
    if (swapWord(memory, cell, from, makeWord(REVOKED, line, generation), true) === LOST) return false;
    addRunning(memory, layout, line, -1);
    tell(line, { type: 'revoked', slot, generation });
    return true;
  }

  #answer(connection: Connection, now: number): void {
    const { connections, resume } = this.#parts;
    if (!connection.keepsAlive) {
      connections.refuse(connection, HANDLER_TIMEOUT, 'handlerTimeout', now);
      return;
    }
    connections.counters.refused.handlerTimeout += 1;
    replyAndKeep(connection, HANDLER_TIMEOUT, now, () => {
      if (connection.phase !== 'replying') return;
      // Only now: the next request's reply must not overtake this one.
      connections.disown(connection);
      resume(connection, nowMs());
    });
    connections.lookLater(connection, now);
  }

  /** The thread has a descriptor of the connection too: without the shutdown the client would hear nothing yet. */
  #cut({ socket, descriptor }: Connection): void {
    if (socket.destroyed) return;
    this.#parts.libc.shutdown(descriptor);
    socket.destroy();
  }

  #noteOf(connection: Connection, word: number, outcome: LateRequest['outcome'], now: number): void {
    const { memory, layout } = this.#parts;
    const line = ownerOf(word);
    const startedAt = startOf(memory, layout, connection.slot, now) ?? now;
    const route = connection.requestLine?.route ?? UNKNOWN;
    this.#newest[line] = laterOf(this.#newest[line], { startedAt, route });
    this.#note({ line, ...route, ranMs: now - startedAt, outcome });
  }
}
