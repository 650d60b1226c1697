/**
 * The model: actors, kernel and clients. Says which moves a state has, and what state a move leads
 * to; a move runs one actor for one access (and on while its accesses need no step of their own).
 */
import type { Layout } from '../../../src/shared/layout.ts';
import { AcceptorSession } from './acceptor-session.ts';
import { Automaton, type Edge, type Node } from './automaton.ts';
import { checkDeath, checkRun, checkSlot } from './checks.ts';
import { type Configuration, FIRST_INDEX, layoutOf } from './configuration.ts';
import * as effects from './effects.ts';
import * as events from './events.ts';
import { isLocalToAcceptor, isLocalToThread } from './independence.ts';
import { perform } from './perform.ts';
import { Places } from './places.ts';
import { LineAtRest } from './rest.ts';
import * as row from './row.ts';
import type { Row, RowShape as Shape } from './row.ts';
import type { Access } from './tape.ts';
import { ThreadSession } from './thread-session.ts';

/** A move is a number: who (3 bits), with what event (26 bits; 0: its access is answered), and how it is cut short. */
const CODE_BITS = 26;
const CUT_SHIFT = 29;
const ACCEPTOR = 0;
/** Moves of the environment: what goes wrong. */
const FATE = 7;
const DEATH = 1;
const CLIENT_RESET = 2;
const CLIENT_END = 3;
/** The most accesses after which a thread's move can be cut short. */
export const MAX_CUT = 7;

const moveOf = (who: number, code: number): number => (who << CODE_BITS) | code;
export const whoOf = (move: number): number => (move >>> CODE_BITS) & 7;
export const codeOf = (move: number): number => move & ((1 << CODE_BITS) - 1);
/** The thread dies after so many accesses of the move; 0: it does not. */
export const cutOf = (move: number): number => move >>> CUT_SHIFT;
export const cutShort = (move: number, after: number): number => move | (after << CUT_SHIFT);
export const isThreads = (move: number): boolean => whoOf(move) !== ACCEPTOR && whoOf(move) !== FATE;
const CUT_ALL_MOVE = moveOf(ACCEPTOR, events.event(events.CUT_ALL));
/** Whether the move need not happen: a death, a client that leaves, a stop. */
export const isFate = (move: number): boolean => whoOf(move) === FATE || cutOf(move) !== 0 || move === CUT_ALL_MOVE;

export class World {
  readonly configuration: Configuration;
  readonly layout: Layout;
  readonly places: Places;
  readonly shape: Shape;
  readonly acceptor: Automaton;
  readonly threads: readonly Automaton[];
  readonly #lines: readonly LineAtRest[];
  /** What the last move broke, if anything. */
  complaint: string | undefined;

  constructor(configuration: Configuration) {
    const layout = layoutOf(configuration);
    const places = new Places(layout, configuration.threads, configuration.clients.length);
    this.configuration = configuration;
    this.layout = layout;
    this.places = places;
    this.shape = new row.RowShape(configuration, places);
    this.#lines = Array.from({ length: configuration.threads }, (_, index) => new LineAtRest(places, index + 1));
    this.acceptor = new Automaton((tape) => new AcceptorSession(tape, configuration, layout, places));
    this.threads = Array.from(
      { length: configuration.threads },
      (_, index) => new Automaton((tape) => new ThreadSession(tape, configuration, layout, places, index + 1)),
    );
  }

  complain(complaint: string): void {
    this.complaint ??= complaint;
  }

  node(state: Row, who: number): Node {
    const automaton = who === ACCEPTOR ? this.acceptor : (this.threads[who - 1] as Automaton);
    const at = who === ACCEPTOR ? this.shape.acceptorAt : this.shape.thread(who) + row.AT;
    return automaton.nodes[state[at] as number] as Node;
  }

  /** Nothing has happened but that the first clients are connected, and the threads asleep. */
  start(): Row {
    const { configuration, shape, places } = this;
    const state: Row = new Int32Array(shape.length);
    state[places.named('QUEUE_HEAD')] = FIRST_INDEX;
    state[places.named('QUEUE_TAIL')] = FIRST_INDEX;
    state[shape.deathsLeft] = configuration.deaths ?? 0;
    state[shape.resetsLeft] = configuration.resets ?? 0;
    state[shape.endsLeft] = configuration.ends ?? 0;
    state[shape.stop] = configuration.stops === true ? 1 : 0;
    state[shape.interruptionsLeft] = configuration.interruptions ?? 0;
    configuration.clients.forEach((_, client) => (state[shape.client(client) + row.SLOT] = -1));
    for (let client = 0; client < configuration.clients.length; client += 1) {
      if (configuration.connectsAfter?.[client] === undefined)
        this.#finish(state, ACCEPTOR, this.#accept(state, client));
    }
    for (let line = 1; line <= configuration.threads; line += 1) {
      state[shape.thread(line) + row.LIFE] = row.ALIVE;
      this.#finish(state, line, events.event(events.START));
      if (configuration.startsAwake !== true) this.#finish(state, line, events.event(events.IMMEDIATE));
      state[shape.thread(line) + row.IS_READY] = 0;
      this.#finish(state, ACCEPTOR, events.event(events.READY_MESSAGE, line));
    }
    return state;
  }

  mayDie(state: Row): boolean {
    return (state[this.shape.deathsLeft] as number) > 0;
  }

  /** Puts the moves of a state into `moves`. */
  moves(state: Row, moves: number[]): void {
    moves.length = 0;
    const { shape, configuration } = this;
    const only = this.#mustRun(state);
    if (only === undefined || only === ACCEPTOR) {
      if (this.node(state, ACCEPTOR).access !== undefined) moves.push(moveOf(ACCEPTOR, 0));
      else this.#acceptorEvents(state, moves);
    }
    for (let line = 1; line <= configuration.threads; line += 1) {
      const base = shape.thread(line);
      if (this.#isDead(state, line)) {
        if (state[base + row.LIFE] === row.GONE && only === undefined)
          moves.push(moveOf(line, events.event(events.START)));
        continue;
      }
      if (this.mayDie(state)) moves.push(moveOf(FATE, events.event(DEATH, line)));
      if (only !== undefined && only !== line) continue;
      const { access, standing } = this.node(state, line);
      if (access !== undefined) {
        moves.push(moveOf(line, 0));
      } else {
        for (const code of standing?.events ?? []) moves.push(moveOf(line, code));
        if (state[base + row.BELL_RINGS] === 1) moves.push(moveOf(line, events.event(events.BELL)));
        const message = state[base + row.MAIL] as number;
        if (message !== 0) moves.push(moveOf(line, events.MESSAGE | (message << 4)));
      }
    }
    for (let client = 0; client < configuration.clients.length; client += 1) this.#fates(state, client, moves);
  }

  /** Whoever is in the middle of an event, if it may not be interrupted any more. */
  #mustRun(state: Row): number | undefined {
    const { interruptions } = this.configuration;
    if (interruptions === undefined || (state[this.shape.interruptionsLeft] as number) > 0) return undefined;
    const running = state[this.shape.running] as number;
    return this.#isInEvent(state, running) ? running : undefined;
  }

  #isInEvent(state: Row, who: number): boolean {
    return (who === ACCEPTOR || !this.#isDead(state, who)) && this.node(state, who).access !== undefined;
  }

  #fates(state: Row, client: number, moves: number[]): void {
    const { shape } = this;
    const base = shape.client(client);
    const flags = state[base + row.FLAGS] as number;
    const isThere = (flags & (row.ACCEPTED | row.IS_RESET | row.HAS_ENDED | row.WAS_CLOSED)) === row.ACCEPTED;
    if (!isThere) return;
    if ((state[shape.resetsLeft] as number) > 0) moves.push(moveOf(FATE, events.event(CLIENT_RESET, client)));
    if (this.#hasSentAll(state, client) && (state[shape.endsLeft] as number) > 0)
      moves.push(moveOf(FATE, events.event(CLIENT_END, client)));
  }

  #acceptorEvents(state: Row, moves: number[]): void {
    const { shape, configuration } = this;
    const { standing } = this.node(state, ACCEPTOR);
    for (const code of standing?.events ?? []) moves.push(moveOf(ACCEPTOR, code));
    if (state[shape.stop] === 1) moves.push(moveOf(ACCEPTOR, events.event(events.CUT_ALL)));
    if (state[shape.acceptorBell] === 1) moves.push(moveOf(ACCEPTOR, events.event(events.BELL)));
    for (let line = 1; line <= configuration.threads; line += 1) {
      const base = shape.thread(line);
      if (state[base + row.IS_READY] === 1) moves.push(moveOf(ACCEPTOR, events.event(events.READY_MESSAGE, line)));
      else if (state[base + row.LIFE] === row.DEAD) moves.push(moveOf(ACCEPTOR, events.event(events.EXIT, line)));
    }
    const reads = standing?.reads ?? 0;
    configuration.clients.forEach((requests, client) => {
      const base = shape.client(client);
      const flags = state[base + row.FLAGS] as number;
      if ((flags & row.ACCEPTED) === 0) {
        if (state[shape.stop] === 2) return;
        const previous = configuration.connectsAfter?.[client] as number;
        const { [shape.client(previous) + row.FLAGS]: before = 0, [shape.client(previous) + row.SLOT]: slot } = state;
        if ((before & row.WAS_CLOSED) !== 0 && slot === -1)
          moves.push(moveOf(ACCEPTOR, events.event(events.ACCEPT, client)));
        return;
      }
      if ((flags & row.WAS_CLOSED) !== 0) return;
      // What a thread reads the acceptor does not see.
      const isRead = (reads & (1 << client)) !== 0;
      if ((flags & row.IS_RESET) !== 0) {
        if (isRead && (flags & row.RESET_SEEN) === 0) moves.push(moveOf(ACCEPTOR, events.event(events.RESET, client)));
        return;
      }
      const sent = state[base + row.SENT] as number;
      const isTurn = this.#hasSentAll(state, configuration.sendsAfter?.[client]);
      const canRead = isRead && (flags & row.WAS_ENDED) === 0 && isTurn;
      if (canRead && sent < requests.length) {
        moves.push(moveOf(ACCEPTOR, events.event(events.READ, client, sent)));
        if (configuration.pipelines === true && sent + 1 < requests.length) {
          moves.push(moveOf(ACCEPTOR, events.event(events.READ_TWO, client, sent)));
        }
      }
      // A client closes when the server does.
      const ends = (flags & (row.HAS_ENDED | row.WAS_ENDED)) !== 0;
      if (isRead && ends && (flags & row.END_SEEN) === 0)
        moves.push(moveOf(ACCEPTOR, events.event(events.END, client)));
    });
  }

  #hasSentAll(state: Row, client: number | undefined): boolean {
    if (client === undefined) return true;
    return state[this.shape.client(client) + row.SENT] === this.configuration.clients[client]?.length;
  }

  /** Makes the move. Gives how many accesses that were. */
  apply(state: Row, move: number): number {
    const who = whoOf(move);
    const cut = cutOf(move);
    if (who === FATE) {
      this.#befall(state, codeOf(move));
      return 0;
    }
    const made = this.#run(state, who, codeOf(move), cut === 0 ? Number.POSITIVE_INFINITY : cut);
    if (cut !== 0 && this.complaint === undefined) this.#befall(state, events.event(DEATH, who));
    return made;
  }

  #run(state: Row, who: number, code: number, most: number): number {
    let made = 0;
    if (this.configuration.interruptions !== undefined) this.#interrupt(state, who);
    if (code !== 0) {
      const isBell = this.#takeEvent(state, who, code);
      const accepts = who === ACCEPTOR && events.kindOf(code) === events.ACCEPT;
      this.#step(state, who, accepts ? this.#accept(state, events.firstOf(code)) : code);
      // The event itself is seen by nobody: its first access makes it a step. But the bell's byte is.
      if (isBell) return made;
    }
    for (let node = this.node(state, who); made < most && this.complaint === undefined; node = this.node(state, who)) {
      if (node.access === undefined || (made > 0 && !this.#isLocal(state, who, node.access))) break;
      this.#step(state, who, perform(this, state, who, node));
      made += 1;
    }
    this.#forget(state);
    return made;
  }

  #interrupt(state: Row, by: number): void {
    const { running, interruptionsLeft } = this.shape;
    const before = state[running] as number;
    if (before !== by && this.#isInEvent(state, before))
      state[interruptionsLeft] = (state[interruptionsLeft] as number) - 1;
    state[running] = by;
  }

  #forget(state: Row): void {
    if (this.configuration.everyAccess === true) return;
    const isAcceptorAtRest = this.node(state, ACCEPTOR).access === undefined;
    this.#lines.forEach((line, index) => {
      const thread = index + 1;
      if (state[this.shape.thread(thread) + row.LIFE] === row.DEAD || this.node(state, thread).access !== undefined)
        return;
      line.forgetClaims(state, this.shape);
      if (isAcceptorAtRest) line.forgetMail(state);
    });
  }

  #isLocal(state: Row, who: number, access: Access): boolean {
    const { places, configuration } = this;
    if (configuration.everyAccess === true) return false;
    if (who !== ACCEPTOR) return isLocalToThread(access, places, configuration);
    return isLocalToAcceptor(access, places, configuration, state, (line) => this.#isDead(state, line));
  }

  #isDead(state: Row, line: number): boolean {
    return state[this.shape.thread(line) + row.LIFE] !== row.ALIVE;
  }

  #step(state: Row, who: number, input: number): void {
    const automaton = who === ACCEPTOR ? this.acceptor : (this.threads[who - 1] as Automaton);
    const edge: Edge = automaton.edge(this.node(state, who), input);
    state[who === ACCEPTOR ? this.shape.acceptorAt : this.shape.thread(who) + row.AT] = edge.to.id;
    for (let at = 0; at < edge.effects.length; at += 4) {
      const [a, b, c] = [
        edge.effects[at + 1] as number,
        edge.effects[at + 2] as number,
        edge.effects[at + 3] as number,
      ];
      this.#affect(state, who, edge.effects[at] as number, a, b, c);
    }
  }

  #affect(state: Row, who: number, kind: number, a: number, b: number, c: number): void {
    const { shape } = this;
    switch (kind) {
      case effects.TORN:
        this.complain('a thread read an entry that was being written');
        return;
      case effects.RUN:
        checkRun(this, state, who, a, b, c);
        return;
      case effects.READY:
        state[shape.thread(who) + row.IS_READY] = 1;
        return;
      case effects.TELL: {
        const base = shape.thread(a);
        if (state[base + row.LIFE] !== row.ALIVE) return;
        for (let at = 0; at < row.MAIL_PLACES; at += 1) {
          if (state[base + row.MAIL + at] !== 0) continue;
          state[base + row.MAIL + at] = b;
          return;
        }
        throw new Error('The model has too few places for messages.');
      }
      case effects.SETTLED:
        state[shape.thread(a) + row.LIFE] = row.GONE;
        return;
      case effects.SLOT_OF:
        checkSlot(this, state, a, b);
        state[shape.client(a) + row.SLOT] = b;
        return;
      default:
        this.complain(`the code did what the model does not have (${a})`);
    }
  }

  /** The event is under way no more. True for a bell. */
  #takeEvent(state: Row, who: number, code: number): boolean {
    const { shape } = this;
    const kind = events.kindOf(code);
    const first = events.firstOf(code);
    if (who !== ACCEPTOR) {
      const base = shape.thread(who);
      if (kind === events.BELL) state[base + row.BELL_RINGS] = 0;
      else if (kind === events.MESSAGE)
        state.copyWithin(base + row.MAIL, base + row.MAIL + 1, base + row.MAIL + row.MAIL_PLACES);
      else if (kind === events.START) state[base + row.LIFE] = row.ALIVE;
      if (kind === events.MESSAGE) state[base + row.MAIL + row.MAIL_PLACES - 1] = 0;
      return kind === events.BELL;
    }
    if (kind === events.BELL) {
      state[shape.acceptorBell] = 0;
      return true;
    }
    if (kind === events.CUT_ALL) this.#cutAll(state);
    const client = shape.client(first);
    if (kind === events.READ || kind === events.READ_TWO) {
      state[client + row.SENT] = (state[client + row.SENT] as number) + (kind === events.READ ? 1 : 2);
    } else if (kind === events.END) state[client + row.FLAGS] = (state[client + row.FLAGS] as number) | row.END_SEEN;
    else if (kind === events.RESET) state[client + row.FLAGS] = (state[client + row.FLAGS] as number) | row.RESET_SEEN;
    else if (kind === events.READY_MESSAGE) state[shape.thread(first) + row.IS_READY] = 0;
    return false;
  }

  #cutAll(state: Row): void {
    state[this.shape.stop] = 2;
    this.configuration.clients.forEach((_, client) => {
      const at = this.shape.client(client) + row.FLAGS;
      state[at] = (state[at] as number) | row.MAY_BE_CUT | row.MAY_BE_REFUSED;
    });
  }

  #befall(state: Row, code: number): void {
    const { shape } = this;
    const first = events.firstOf(code);
    switch (events.kindOf(code)) {
      case DEATH: {
        const base = shape.thread(first);
        state[shape.deathsLeft] = (state[shape.deathsLeft] as number) - 1;
        checkDeath(this, state, first);
        state[base + row.AT] = 0;
        state[base + row.LIFE] = row.DEAD;
        state[base + row.BELL_RINGS] = 0;
        for (let at = shape.descriptors; at < shape.descriptors + shape.descriptorCount; at += 1) {
          if ((state[at] as number) >> row.LINE_SHIFT === first) state[at] = 0;
        }
        state.fill(0, base + row.MAIL, base + row.MAIL + row.MAIL_PLACES);
        return;
      }
      case CLIENT_RESET:
        state[shape.resetsLeft] = (state[shape.resetsLeft] as number) - 1;
        state[shape.client(first) + row.FLAGS] = (state[shape.client(first) + row.FLAGS] as number) | row.IS_RESET;
        return;
      default:
        state[shape.endsLeft] = (state[shape.endsLeft] as number) - 1;
        state[shape.client(first) + row.FLAGS] = (state[shape.client(first) + row.FLAGS] as number) | row.HAS_ENDED;
    }
  }

  /** The event of a client's connection, with the lowest free descriptor. */
  #accept(state: Row, client: number): number {
    const { shape } = this;
    let descriptor = 0;
    while (state[shape.descriptors + descriptor] !== 0) descriptor += 1;
    state[shape.descriptors + descriptor] = client + 1;
    state[shape.client(client) + row.FLAGS] = row.ACCEPTED;
    return events.event(events.ACCEPT, client, descriptor);
  }

  /** Runs an event to its end, nothing in between. */
  #finish(state: Row, who: number, code: number): void {
    this.#step(state, who, code);
    for (let node = this.node(state, who); node.access !== undefined; node = this.node(state, who)) {
      this.#step(state, who, perform(this, state, who, node));
    }
  }
}
