/**
 * The model: actors, kernel and clients, and what state a move leads to. A move runs one actor for
 * one access, and on while its accesses need no step of their own.
 */
import type { Layout } from '../../../src/shared/memory/layout.ts';
import { AcceptorSession } from './acceptor-session.ts';
import { Automaton, type Edge, type Node } from './automaton.ts';
import { isInEvent } from './choices.ts';
import { type Configuration, FIRST_INDEX, layoutOf } from './configuration.ts';
import { affect, befall, connect, takeEvent } from './consequences.ts';
import { ACCEPT, BELL, event, firstOf, IMMEDIATE, kindOf, READY_MESSAGE, START } from './events.ts';
import { isLocalToAcceptor, isLocalToThread } from './independence.ts';
import { ACCEPTOR, codeOf, cutOf, DEATH, FATE, whoOf } from './moves.ts';
import { perform } from './perform.ts';
import { Places } from './places.ts';
import { LineAtRest } from './rest.ts';
import * as row from './row.ts';
import type { Row, RowShape } from './row.ts';
import type { Access } from './tape.ts';
import { ThreadSession } from './thread-session.ts';

export class World {
  readonly configuration: Configuration;
  readonly layout: Layout;
  readonly places: Places;
  readonly shape: RowShape;
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
    state[shape.revokesLeft] = configuration.revokes ?? 0;
    state[shape.stop] = configuration.stops === true ? 1 : 0;
    state[shape.interruptionsLeft] = configuration.interruptions ?? 0;
    configuration.clients.forEach((_, client) => (state[shape.client(client) + row.SLOT] = -1));
    configuration.clients.forEach((_, client) => {
      if (configuration.connectsAfter?.[client] === undefined)
        this.#finish(state, ACCEPTOR, connect(this, state, client));
    });
    for (let line = 1; line <= configuration.threads; line += 1) {
      state[shape.thread(line) + row.LIFE] = row.ALIVE;
      this.#finish(state, line, event(START));
      if (configuration.startsAwake !== true) this.#finish(state, line, event(IMMEDIATE));
      state[shape.thread(line) + row.IS_READY] = 0;
      this.#finish(state, ACCEPTOR, event(READY_MESSAGE, line));
    }
    return state;
  }

  isAlive(state: Row, line: number): boolean {
    return state[this.shape.thread(line) + row.LIFE] === row.ALIVE;
  }

  mayDie(state: Row): boolean {
    return (state[this.shape.deathsLeft] as number) > 0;
  }

  /** Makes the move. Gives how many accesses that were. */
  apply(state: Row, move: number): number {
    const who = whoOf(move);
    const cut = cutOf(move);
    if (who === FATE) {
      befall(this, state, codeOf(move));
      return 0;
    }
    const made = this.#run(state, who, codeOf(move), cut === 0 ? Number.POSITIVE_INFINITY : cut);
    if (cut !== 0 && this.complaint === undefined) befall(this, state, event(DEATH, who));
    return made;
  }

  #run(state: Row, who: number, code: number, most: number): number {
    let made = 0;
    if (this.configuration.interruptions !== undefined) this.#interrupt(state, who);
    if (code !== 0) {
      takeEvent(this, state, who, code);
      const connects = who === ACCEPTOR && kindOf(code) === ACCEPT;
      this.#step(state, who, connects ? connect(this, state, firstOf(code)) : code);
      // The event itself is seen by nobody: its first access makes it a step. But the bell's byte is.
      if (kindOf(code) === BELL) return made;
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
    const interrupts = before !== by && isInEvent(this, state, before);
    if (interrupts) state[interruptionsLeft] = (state[interruptionsLeft] as number) - 1;
    state[running] = by;
  }

  #forget(state: Row): void {
    if (this.configuration.everyAccess === true) return;
    const isAcceptorAtRest = this.node(state, ACCEPTOR).access === undefined;
    this.#lines.forEach((line, index) => {
      const isDead = state[this.shape.thread(index + 1) + row.LIFE] === row.DEAD;
      if (isDead || this.node(state, index + 1).access !== undefined) return;
      line.forgetClaims(state, this.shape);
      if (isAcceptorAtRest) line.forgetMail(state);
    });
  }

  #isLocal(state: Row, who: number, access: Access): boolean {
    const { places, configuration } = this;
    if (configuration.everyAccess === true) return false;
    if (who !== ACCEPTOR) return isLocalToThread(access, places, configuration);
    return isLocalToAcceptor(access, places, configuration, state, (line) => !this.isAlive(state, line));
  }

  #step(state: Row, who: number, input: number): void {
    const automaton = who === ACCEPTOR ? this.acceptor : (this.threads[who - 1] as Automaton);
    const edge: Edge = automaton.edge(this.node(state, who), input);
    state[who === ACCEPTOR ? this.shape.acceptorAt : this.shape.thread(who) + row.AT] = edge.to.id;
    affect(this, state, who, edge.effects);
  }

  /** Runs an event to its end, nothing in between. */
  #finish(state: Row, who: number, code: number): void {
    this.#step(state, who, code);
    for (let node = this.node(state, who); node.access !== undefined; node = this.node(state, who)) {
      this.#step(state, who, perform(this, state, who, node));
    }
  }
}
