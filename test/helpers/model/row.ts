/**
 * One state of the whole model as a row of numbers: the shared cells, the kernel's descriptors, where
 * each actor stands, what is on its way, what each client has seen, what may still go wrong.
 */
import type { Configuration } from './configuration.ts';
import type { Places } from './places.ts';

export type Row = Int32Array;

/** A client's numbers. */
export const SENT = 0; // requests that the acceptor has read
export const ANSWERED = 1; // final replies received
export const RAN = 2; // bit n: request n was run
export const SLOT = 3; // of its connection, -1: none (yet, or any more)
export const FLAGS = 4;
const CLIENT_NUMBERS = 5;

/** A client's flags. */
export const ACCEPTED = 1;
export const IS_RESET = 2; // by the client
export const RESET_SEEN = 4; // by the acceptor
export const HAS_ENDED = 8; // the client's FIN is sent
export const END_SEEN = 16;
export const WAS_ENDED = 32; // the acceptor's FIN
export const WAS_CLOSED = 64; // the acceptor has closed its socket
export const MAY_BE_CUT = 128; // a thread died during its reply, or it asked for a close
export const MAY_BE_REFUSED = 512; // all were cut
export const MAY_FAIL = 256; // a thread died with its request, before the reply
export const MAY_TIME_OUT = 1024; // its handler has had its time; until the acceptor's event is over

/** A thread's numbers. */
export const AT = 0; // its node
export const LIFE = 1;
export const BELL_RINGS = 2;
export const IS_READY = 3; // its message 'ready' is on its way
export const MAIL = 4; // messages to it, the first first, 0: none
export const MAIL_PLACES = 3;
const THREAD_NUMBERS = MAIL + MAIL_PLACES;

/** A thread's life. */
export const ALIVE = 1;
export const DEAD = 2; // its exit is not seen yet
export const GONE = 3; // settled, not started again yet

/** Of an open descriptor: whose connection it is (+ 1), and above that the line of the thread that has adopted it. */
export const LINE_SHIFT = 8;
export const clientOfDescriptor = (held: number): number => (held & ((1 << LINE_SHIFT) - 1)) - 1;

/** Descriptors that can be open at once. */
const DESCRIPTORS = 8;

export class RowShape {
  readonly places: number;
  readonly descriptors: number;
  readonly descriptorCount: number = DESCRIPTORS;
  readonly #clients: number;
  readonly #threads: number;
  readonly acceptorAt: number;
  readonly acceptorBell: number;
  readonly deathsLeft: number;
  readonly resetsLeft: number;
  readonly endsLeft: number;
  /** 1: the server may stop. 2: it has, and cut all. */
  readonly stop: number;
  /** Requests claimed and counted, by all threads, as far as their own counts are no longer kept. */
  readonly taken: number;
  /** Who has moved last, and how often one may still be interrupted. */
  readonly running: number;
  readonly interruptionsLeft: number;
  readonly revokesLeft: number;
  readonly length: number;

  constructor({ clients, threads }: Configuration, places: Places) {
    this.places = 0;
    this.descriptors = places.all.length;
    this.#clients = this.descriptors + DESCRIPTORS;
    this.#threads = this.#clients + clients.length * CLIENT_NUMBERS;
    this.acceptorAt = this.#threads + threads * THREAD_NUMBERS;
    this.acceptorBell = this.acceptorAt + 1;
    this.deathsLeft = this.acceptorAt + 2;
    this.resetsLeft = this.acceptorAt + 3;
    this.endsLeft = this.acceptorAt + 4;
    this.taken = this.acceptorAt + 5;
    this.running = this.acceptorAt + 6;
    this.interruptionsLeft = this.acceptorAt + 7;
    this.stop = this.acceptorAt + 8;
    this.revokesLeft = this.acceptorAt + 9;
    this.length = this.acceptorAt + 10;
  }

  client(client: number): number {
    return this.#clients + client * CLIENT_NUMBERS;
  }

  /** Lines begin at 1. */
  thread(line: number): number {
    return this.#threads + (line - 1) * THREAD_NUMBERS;
  }
}
