/**
 * The real `PullLoop` with its loans, in one life of a thread of the model. Real: pulling, claiming,
 * reading entries, the loan's words. In place of `thread.ts`: this file; of an app: `model-app.ts`.
 */
import { HeldRequest } from '../../../src/app-adapter/held-loan.ts';
import { PullLoop } from '../../../src/app-adapter/pull-loop.ts';
import { ThreadMemory } from '../../../src/app-adapter/thread-memory.ts';
import type { Memory } from '../../../src/shared/memory/cells.ts';
import type { Layout } from '../../../src/shared/memory/layout.ts';
import type { ThreadStart } from '../../../src/shared/messages.ts';
import { type ResolvedOptions, resolveOptions } from '../../../src/shared/options/options.ts';
import type { Happening } from './altered-memory.ts';
import type { Session, Standing } from './automaton.ts';
import { type Configuration, handlerTimeoutMsOf } from './configuration.ts';
import { COMPLAINT, READY } from './effects.ts';
import {
  ANSWER,
  BELL,
  event,
  firstOf,
  generationOfMessage,
  IMMEDIATE,
  kindOf,
  MESSAGE,
  messageOf,
  sayingOfMessage,
  slotOfMessage,
  START,
} from './events.ts';
import { ACCEPTOR_BELL, type FakeSocket, type FakeTimer, type Host, inside, threadBell } from './fake-node.ts';
import { ModelApp, readReply } from './model-app.ts';
import { ThreadCells } from './model-memory.ts';
import type { Places } from './places.ts';
import type { Tape } from './tape.ts';

const OPTIONS: ResolvedOptions = resolveOptions({ app: import.meta.url });
const BUFFER = new SharedArrayBuffer(1 << 16);
const DIRECT = { writeTimeoutMs: 0, log: (): void => {} };

/** A thread's memory is the model's. */
class ModelThread extends ThreadMemory {
  override readonly memory: Memory;

  constructor(start: ThreadStart, memory: Memory) {
    super(start);
    this.memory = memory;
  }
}

export class ThreadSession implements Session, Host {
  readonly tape: Tape;
  readonly immediates: (() => void)[] = [];
  readonly timers: FakeTimer[] = [];
  readonly sockets: FakeSocket[] = [];
  onBell = (): void => {};
  clock = 0;
  /** The event that runs. */
  #now = 0;
  readonly #line: number;
  readonly #loop: PullLoop;
  readonly #app: ModelApp;
  #pull: (() => void) | undefined;
  /** An immediate that looks after a client that has left, and whose. */
  readonly #looks: string[] = [];
  /** The loop found itself full when it last pulled. */
  #wasFull = false;

  constructor(tape: Tape, configuration: Configuration, layout: Layout, places: Places, line: number) {
    this.tape = tape;
    this.#app = new ModelApp(tape, configuration.answers ?? 'at-once');
    this.#line = line;
    const real = new ThreadCells(tape, places, layout, configuration);
    this.readEntry = (index) => real.readEntry(index);
    const Altered = configuration.mistake?.thread;
    const happening = (): Happening => ({ kind: kindOf(this.#now), nth: this.clock });
    const memory = Altered === undefined ? real : new Altered(real, { places, layout, line, happening });
    const start: ThreadStart = {
      buffer: BUFFER,
      layout,
      line,
      threadNumber: line - 1,
      bellDescriptor: threadBell(line),
      acceptorBellDescriptor: ACCEPTOR_BELL,
      options: { ...OPTIONS, handlerTimeoutMs: handlerTimeoutMsOf(configuration) },
      port: 0,
    };
    this.#loop = inside(
      this,
      () =>
        new PullLoop({
          thread: new ModelThread(start, memory),
          buffer: BUFFER,
          concurrency: configuration.concurrency ?? 1024,
          direct: DIRECT,
          send: () => this.tape.effect(COMPLAINT, 2, 0, 0),
          serveRequest: (loan, head) => this.#app.serveRequest(loan, head.target, head.keepAlive),
          serveConnection: (loan) => this.#app.serveConnection(loan),
        }),
    );
  }

  run(code: number): void {
    this.#now = code;
    this.clock += 1;
    inside(this, () => this.#run(code));
  }

  #run(code: number): void {
    const scheduled = this.immediates.length;
    this.#dispatch(code);
    const others = this.immediates.reduce((count, immediate) => count + (immediate === this.#pull ? 0 : 1), 0);
    while (this.#looks.length < others) this.#looks.push(this.#app.newest);
    // What ended a request let a full loop go on.
    const kind = kindOf(code);
    if ((kind === MESSAGE || kind === ANSWER) && this.immediates.length > scheduled) this.#wasFull = false;
  }

  #dispatch(code: number): void {
    switch (kindOf(code)) {
      case START:
        this.#loop.start(threadBell(this.#line));
        this.#pull = this.immediates[0];
        this.tape.effect(READY, 0, 0, 0);
        return;
      case BELL:
        this.onBell();
        return;
      case IMMEDIATE: {
        const immediate = this.immediates.shift();
        const isPull = immediate === this.#pull;
        const { position } = this.tape;
        if (!isPull) this.#looks.shift();
        immediate?.();
        // A full loop looks at nothing.
        if (isPull && this.tape.position === position) this.#wasFull = true;
        return;
      }
      case MESSAGE: {
        const message = messageOf(code);
        const loan = this.#loop.loans.find(slotOfMessage(message), generationOfMessage(message));
        const saying = sayingOfMessage(message);
        if (saying === 'revoked') loan?.lose();
        else if (loan instanceof HeldRequest) loan.borrower?.clientGone(saying);
        return;
      }
      case ANSWER:
        this.#app.answer(firstOf(code));
    }
  }

  standing(): Standing {
    const events: number[] = [];
    if (this.immediates.length > 0) events.push(event(IMMEDIATE));
    for (let index = 0; index < this.#app.count; index += 1) events.push(event(ANSWER, index));
    const loans = [...this.#loop.loans.all].map(({ slot, index, isOver }) => [slot, index, isOver]);
    const held = this.#app.describe((write) => this.#descriptorOf(write));
    const immediates = this.immediates.map((immediate) => immediate === this.#pull);
    const key = JSON.stringify([loans, held, immediates, this.#looks, this.#wasFull, this.#pull === undefined]);
    return { key, events, reads: 0, pending: 0 };
  }

  /** What a loan would write on. */
  #descriptorOf(write: () => void): number | undefined {
    inside(this, write);
    return this.tape.probed?.a;
  }

  // --- The event loop -------------------------------------------------------------------------------

  readonly readReply = readReply;
  readonly readEntry: Host['readEntry'];
  readonly writeEntry = (): never => {
    throw new Error('A thread writes into an entry.');
  };
  readonly whenDestroyed = (): void => {};
  readonly whenWritten = (): void => {};
}
