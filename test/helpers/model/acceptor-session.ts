/**
 * The real `Acceptor` with all it wires together, in one life of the model. Real: framing, admission,
 * lending, loan ends, departures, settlement, bells. In place of `server.ts`, the pool and sockets:
 * this file, which calls what they call.
 */
import { Acceptor } from '../../../src/acceptor/acceptor.ts';
import type { Connection } from '../../../src/acceptor/connection.ts';
import { Incoming } from '../../../src/acceptor/listening/incoming.ts';
import type { Libc } from '../../../src/acceptor/libc.ts';
import type { Memory } from '../../../src/shared/memory/cells.ts';
import type { Layout } from '../../../src/shared/memory/layout.ts';
import type { ToThread } from '../../../src/shared/messages.ts';
import { type ResolvedOptions, resolveOptions } from '../../../src/shared/options/options.ts';
import { HANDLER_TIMEOUT, THREAD_FAILED } from '../../../src/shared/replies.ts';
import type { Happening } from './altered-memory.ts';
import type { Session, Standing } from './automaton.ts';
import { type Configuration, handlerTimeoutMsOf, requestBytes } from './configuration.ts';
import { COMPLAINT, SETTLED, SLOT_OF, TELL } from './effects.ts';
import {
  ACCEPT,
  BELL,
  CLOSED,
  CUT_ALL,
  END,
  EXIT,
  firstOf,
  FLUSHED,
  HANDLER_LATE,
  kindOf,
  packMessage,
  READ,
  READ_TWO,
  READY_MESSAGE,
  RESET,
  RING_AGAIN,
  secondOf,
} from './events.ts';
import {
  ACCEPTOR_BELL,
  createHandle,
  type FakeSocket,
  FIRST_DESCRIPTOR,
  type FakeTimer,
  type Host,
  inside,
  threadBell,
} from './fake-node.ts';
import { standingOf as timeStandingOf } from '../../../src/acceptor/timing/standing.ts';
import { type OpenConnection, standingOf } from './acceptor-standing.ts';
import { AcceptorMemory } from './model-memory.ts';
import type { Places } from './places.ts';
import { CLOSE, CLOSE_OWN, DUPLICATE, END_OWN, IS_RESET, type Tape, WRITE_OWN } from './tape.ts';

/** Kinds of the acceptor's own replies. */
export const THREAD_FAILED_REPLY = 1;
export const OTHER_REPLY = 2;
export const HANDLER_TIMEOUT_REPLY = 3;

const OPTIONS: ResolvedOptions = resolveOptions({ app: import.meta.url, maxPending: Number.POSITIVE_INFINITY });

const BUFFER = new SharedArrayBuffer(1 << 16);

/** Whose socket it is. */
interface Client {
  readonly client: number;
  readonly socket: FakeSocket;
}

export class AcceptorSession implements Session, Host {
  readonly tape: Tape;
  readonly immediates: (() => void)[] = [];
  readonly timers: FakeTimer[] = [];
  readonly sockets: FakeSocket[] = [];
  onBell = (): void => {};
  clock = 0;
  /** The event that runs. */
  #now = 0;
  readonly #configuration: Configuration;
  readonly #acceptor: Acceptor;
  readonly #memory: Memory;
  readonly #real: AcceptorMemory;
  readonly #layout: Layout;
  readonly #clients: Client[] = [];
  readonly #freeSlots: number[] = [];
  readonly #bells: number[] = [];

  constructor(tape: Tape, configuration: Configuration, layout: Layout, places: Places) {
    this.tape = tape;
    this.#configuration = configuration;
    const real = new AcceptorMemory(tape, places, layout);
    this.#real = real;
    const Altered = configuration.mistake?.acceptor;
    const happening = (): Happening => ({ kind: kindOf(this.#now), nth: this.clock });
    const memory = Altered === undefined ? real : new Altered(real, { places, layout, line: 0, happening });
    this.#memory = memory;
    this.#layout = layout;
    this.#acceptor = inside(
      this,
      () =>
        new Acceptor({
          memory,
          layout,
          buffer: BUFFER,
          libc: this.#libc,
          options: { ...OPTIONS, handlerTimeoutMs: handlerTimeoutMsOf(configuration) },
          bellDescriptor: ACCEPTOR_BELL,
          idleTimes: () => [],
          log: () => {},
          tell: (line, message) => this.#tell(line, message),
          whenOver: (connection) => this.#whenOver(connection),
          whenLate() {},
          whenWornOut() {},
          whenHeld() {},
        }),
    );
  }

  readonly #libc: Libc = {
    hasUnread: () => false,
    waitForAny() {},
    sleep() {},
    eventLoopDescriptor: () => -1,
    // Of a connection that its socket reads.
    receive: () => 0,
    addressOf: () => undefined,
    acceptNext: () => -11,
    descriptorLimit: () => Number.POSITIVE_INFINITY,
    duplicate: (descriptor) => this.tape.access(DUPLICATE, descriptor, 0, 0),
    close: (descriptor) => void this.tape.access(CLOSE, descriptor, 0, 0),
    isReset: (descriptor) => this.tape.access(IS_RESET, descriptor, 0, 0) === 1,
    setNonBlocking() {},
    shutdown() {},
    endWrite() {},
    exit() {},
    createPipe: () => [ACCEPTOR_BELL, ACCEPTOR_BELL],
  };

  run(code: number): void {
    this.#now = code;
    this.clock += 1;
    inside(this, () => this.#run(code));
  }

  #incoming(descriptor: number): Incoming {
    return new Incoming(descriptor, createHandle(descriptor));
  }

  #run(code: number): void {
    const first = firstOf(code);
    const acceptor = this.#acceptor;
    switch (kindOf(code)) {
      case ACCEPT: {
        const slot = this.#freeSlots.pop() ?? this.#clients.length;
        acceptor.accept(this.#incoming(FIRST_DESCRIPTOR + secondOf(code)));
        this.#clients.push({ client: first, socket: this.sockets.at(-1) as FakeSocket });
        this.tape.effect(SLOT_OF, first, slot, 0);
        return;
      }
      case READ:
        this.#socketOf(first).receive(requestBytes(this.#configuration, first, secondOf(code)));
        return;
      case READ_TWO: {
        const both = [secondOf(code), secondOf(code) + 1].map((nth) => requestBytes(this.#configuration, first, nth));
        this.#socketOf(first).receive(Buffer.concat(both));
        return;
      }
      case BELL:
        this.onBell();
        return;
      case END:
        this.#socketOf(first).emit('end');
        return;
      case RESET:
        this.#socketOf(first).destroy();
        return;
      case CLOSED: {
        const socket = this.#socketOf(first);
        socket.closes = false;
        socket.emit('close');
        return;
      }
      case FLUSHED:
        this.#socketOf(first).flushes.shift()?.();
        return;
      // As `server.ts` does.
      case EXIT:
        acceptor.bells.remove(first);
        acceptor.settle(first);
        this.#bells.splice(this.#bells.indexOf(first), this.#bells.includes(first) ? 1 : 0);
        this.tape.effect(SETTLED, first, 0, 0);
        return;
      case READY_MESSAGE:
        acceptor.bells.add(first, threadBell(first));
        this.#bells.push(first);
        return;
      case CUT_ALL:
        acceptor.cutAll();
        return;
      case HANDLER_LATE:
        this.#endHandler(first);
        return;
      case RING_AGAIN:
        for (const timer of this.#ringAgainTimers()) {
          timer.isArmed = false;
          timer.run();
        }
    }
  }

  /** As when the clock has come to the deadline, and finds the request running. */
  #endHandler(client: number): void {
    const socket = this.#socketOf(client);
    this.#acceptor.connections.table.forEach((connection) => {
      if (connection.socket !== (socket as unknown)) return;
      const standing = timeStandingOf(connection, this.#memory, this.#layout, 0);
      if (standing.phase === 'running' && standing.startedAt !== undefined)
        this.#acceptor.lateHandlers.end(connection, 0);
    });
  }

  standing(): Standing {
    const connections: OpenConnection[] = [];
    this.#acceptor.connections.table.forEach((connection) => {
      connections.push({ connection, ...this.#clientOf(connection) });
    });
    const ringsAgain = this.#configuration.ringsAgain === true && this.#ringAgainTimers().length > 0;
    // All accesses read 0 by now: nothing was taken.
    const pending = inside(this, () => this.#acceptor.lending.countPending());
    return standingOf(connections, pending, ringsAgain, [this.#bells, this.#freeSlots]);
  }

  /** The deadlines' timers don't hold the process, and never run out here. */
  #ringAgainTimers(): FakeTimer[] {
    return this.timers.filter((timer) => timer.isArmed && !timer.isUnref);
  }

  readonly writeEntry: Host['writeEntry'] = (index, content) => this.#real.writeEntry(index, content);

  readonly readEntry = (): never => {
    throw new Error('The acceptor reads what it wrote into an entry.');
  };

  readonly readReply = (): number => {
    throw new Error('The acceptor writes on a descriptor itself.');
  };

  readonly whenDestroyed = (socket: FakeSocket): void => {
    this.tape.access(CLOSE_OWN, socket._handle?.fd ?? 0, 0, 0);
  };

  readonly whenWritten = (socket: FakeSocket, bytes: Uint8Array | undefined): void => {
    const descriptor = socket._handle?.fd ?? 0;
    if (bytes !== undefined) {
      socket.reply = kindOfReply(bytes);
      this.tape.access(WRITE_OWN, descriptor, socket.reply, 0);
    }
    if (socket.hasEnded) this.tape.access(END_OWN, descriptor, 0, 0);
  };

  #tell(line: number, message: ToThread): void {
    if (message.type !== 'client-gone' && message.type !== 'revoked') {
      this.tape.effect(COMPLAINT, 1, 0, 0);
      return;
    }
    const saying = message.type === 'revoked' ? message.type : message.how;
    this.tape.effect(TELL, line, packMessage(message.slot, message.generation, saying), 0);
  }

  #whenOver(connection: Connection): void {
    this.#freeSlots.push(connection.slot);
    this.tape.effect(SLOT_OF, this.#clientOf(connection).client, -1, 0);
  }

  #clientOf({ socket }: Connection): Client {
    return this.#clients.find((client) => Object.is(client.socket, socket)) as Client;
  }

  #socketOf(client: number): FakeSocket {
    return (this.#clients.find((each) => each.client === client) as Client).socket;
  }
}

const kindOfReply = (bytes: Uint8Array): number => {
  if (bytes === THREAD_FAILED.bytes || bytes === THREAD_FAILED.closeBytes) return THREAD_FAILED_REPLY;
  if (bytes === HANDLER_TIMEOUT.bytes || bytes === HANDLER_TIMEOUT.closeBytes) return HANDLER_TIMEOUT_REPLY;
  return OTHER_REPLY;
};
