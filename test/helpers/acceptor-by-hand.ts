/**
 * A real acceptor on a real port, and threads that the test plays by hand, access by access, in its
 * own thread: they claim from the shared memory, hold loans and write on descriptors with the code
 * that threads use, and they die when the test says so. Everything but the app is real.
 */
import { EventEmitter, once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Acceptor } from '../../src/acceptor/acceptor.ts';
import type { Connection } from '../../src/acceptor/connection.ts';
import type { SettlementCounts } from '../../src/acceptor/endings/dead-threads.ts';
import type { LateRequest } from '../../src/acceptor/endings/late-handlers.ts';
import { type Libc, loadLibc } from '../../src/acceptor/libc.ts';
import { Listener } from '../../src/acceptor/listening/listener.ts';
import type { Route } from '../../src/acceptor/framing/request-line.ts';
import { HeldConnection, type HeldLoan, HeldRequest, type LoanOwner } from '../../src/app-adapter/held-loan.ts';
import type { ConnectionAddresses } from '../../src/app-adapter/loan.ts';
import { ThreadMemory } from '../../src/app-adapter/thread-memory.ts';
import { hear } from '../../src/shared/bell.ts';
import { Cells } from '../../src/shared/memory/cells.ts';
import { computeLayout, type Layout, type LayoutNeeds, wordCell } from '../../src/shared/memory/layout.ts';
import type { FromThread, LogFields, LogLevel, ThreadStart, ToThread } from '../../src/shared/messages.ts';
import { resolveOptions, type ResolvedOptions, type ServerOptions } from '../../src/shared/options/options.ts';
import { type Claim, claimNext, freeEntry, mayHoldRequests } from '../../src/shared/memory/request-ring.ts';
import { RingReader } from '../../src/shared/memory/ring-bytes.ts';
import { addRunning, goToSleep, stayAwake, wakeUp } from '../../src/shared/memory/thread-line.ts';
import { fixtureUrl } from './server-under-test.ts';

/** The least answer. */
export const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

export const get = (target = '/', headers = ''): string => `GET ${target} HTTP/1.1\r\nHost: test\r\n${headers}\r\n`;

export const post = (target: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Resolves when it is so; looks at each turn of the event loop. */
export const untilSo = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

export interface TakenRequest {
  readonly loan: HeldRequest;
  /** Head and body. */
  readonly text: string;
  readonly entryIndex: number;
}

export interface TakenConnection {
  readonly loan: HeldConnection;
  /** What the acceptor had read. */
  readonly text: string;
}

const ADDRESSES = {} as ConnectionAddresses;
const libc = loadLibc();

export class HandThread implements LoanOwner {
  readonly thread: ThreadMemory;
  readonly sent: FromThread[] = [];
  readonly ended: HeldLoan[] = [];
  readonly #byHand: AcceptorByHand;
  readonly #reader: RingReader;
  readonly #claim: Claim = { index: 0, slot: 0, lendsConnection: false };
  readonly #rings = new EventEmitter();
  readonly #ears;
  /** Descriptors that it was lent and has adopted: they end with it. */
  readonly #adopted = new Set<number>();
  #isDead = false;

  constructor(byHand: AcceptorByHand, line: number) {
    const { buffer, layout, acceptorBell, options } = byHand;
    this.#byHand = byHand;
    this.thread = new ThreadMemory({
      buffer,
      layout,
      line,
      acceptorBellDescriptor: acceptorBell,
      options,
    } as Partial<ThreadStart> as ThreadStart);
    this.#reader = new RingReader(layout, buffer);
    const [readEnd, writeEnd] = libc.createPipe();
    this.#ears = hear(readEnd, () => this.#rings.emit('ring'));
    byHand.acceptor.bells.add(line, writeEnd);
  }

  get line(): number {
    return this.thread.line;
  }

  sleep(): void {
    goToSleep(this.thread.memory, this.thread.layout, this.line);
  }

  wake(): void {
    wakeUp(this.thread.memory, this.thread.layout, this.line);
  }

  /** Sleeps, and resolves when it has been rung. */
  async rung(): Promise<void> {
    const ring = once(this.#rings, 'ring');
    this.sleep();
    await ring;
  }

  /** Claims, and neither copies nor frees: as a thread that dies there. */
  claimOnly(): Claim | undefined {
    const { memory, layout } = this.thread;
    return claimNext(memory, layout, this.line, this.#claim) ? { ...this.#claim } : undefined;
  }

  /** Takes what waits, as the pull loop does. */
  take(): TakenRequest | TakenConnection | undefined {
    const { memory, layout } = this.thread;
    if (!claimNext(memory, layout, this.line, this.#claim)) return undefined;
    const { index, slot, lendsConnection } = this.#claim;
    const reader = this.#reader;
    reader.read(index);
    const bytes = Buffer.from(reader.bytes.subarray(reader.start, reader.end));
    const text = bytes.toString('latin1');
    const loan = lendsConnection
      ? new HeldConnection(this, slot, index, ADDRESSES, reader.descriptor, bytes)
      : new HeldRequest(this, slot, index, { addresses: ADDRESSES, socket: undefined }, reader.descriptor);
    if (freeEntry(memory, layout, index)) this.thread.ringAcceptor();
    if (!lendsConnection) this.thread.noteStart(slot);
    addRunning(memory, layout, this.line, 1);
    if (loan instanceof HeldConnection) this.#adopted.add(loan.fd);
    return loan instanceof HeldConnection ? { loan, text } : { loan, text, entryIndex: index };
  }

  /** Sleeps until something is there, and takes it. */
  async next(): Promise<TakenRequest | TakenConnection> {
    for (;;) {
      const taken = this.take();
      if (taken !== undefined) return taken;
      const ring = once(this.#rings, 'ring');
      this.sleep();
      const { memory, layout } = this.thread;
      if (mayHoldRequests(memory) && stayAwake(memory, layout, this.line)) continue;
      await ring;
      this.wake();
    }
  }

  async nextRequest(): Promise<TakenRequest> {
    const taken = await this.next();
    if (taken.loan instanceof HeldConnection) throw new Error('A connection was lent');
    return taken as TakenRequest;
  }

  async nextConnection(): Promise<TakenConnection> {
    const taken = await this.next();
    if (taken.loan instanceof HeldRequest) throw new Error('A request was lent');
    return taken as TakenConnection;
  }

  /** Closes a descriptor that it was lent. */
  closeAdopted(descriptor: number): void {
    this.#adopted.delete(descriptor);
    libc.close(descriptor);
  }

  /** The thread is gone: what it wrote stands, what it had adopted is closed, nothing more comes. */
  die(): SettlementCounts {
    if (this.#isDead) return { replied: 0, cut: 0 };
    this.#isDead = true;
    this.#ears.destroy();
    const bell = this.#byHand.acceptor.bells.remove(this.line);
    if (bell !== undefined) libc.close(bell);
    for (const descriptor of this.#adopted) this.closeAdopted(descriptor);
    return this.#byHand.acceptor.settle(this.line);
  }

  loanEnded(loan: HeldLoan): void {
    this.ended.push(loan);
    if (!loan.isLost) addRunning(this.thread.memory, this.thread.layout, this.line, -1);
  }

  countRunning(): void {}

  forgetRunning(): void {}

  connectionBegan(): void {}

  expectDuplicate(): void {}

  send(message: FromThread): void {
    this.sent.push(message);
  }
}

/** As when a reset has closed a connection's descriptor and the next accept got its number: its 'close' is still to come. */
export const giveNumberAway = (t: { teardown(end: () => unknown): void }, { socket, descriptor }: Connection): void => {
  socket.destroy();
  for (;;) {
    const impostor = openSync('/dev/null', 'r');
    t.teardown(() => closeSync(impostor));
    if (impostor === descriptor) return;
    if (impostor > descriptor) throw new Error('The number is not free');
  }
};

/** Writes the answer and ends the loan. */
export const answer = ({ loan }: TakenRequest, keepAlive = true, text = ANSWER): void => {
  if (!loan.beginReply()) throw new Error('The loan was lost');
  loan.write(Buffer.from(text, 'latin1'));
  loan.end(keepAlive);
};

export class AcceptorByHand {
  readonly options: ResolvedOptions;
  readonly layout: Layout;
  readonly buffer: SharedArrayBuffer;
  readonly memory: Cells;
  readonly acceptor: Acceptor;
  readonly acceptorBell: number;
  /** What the acceptor said to threads. */
  readonly told: { readonly line: number; readonly message: ToThread }[] = [];
  /** What it logged. */
  readonly logs: { readonly level: LogLevel; readonly fields: LogFields; readonly message: string }[] = [];
  /** What the acceptor said of handlers and threads that take too long. */
  readonly late: LateRequest[] = [];
  whenLate: () => void = () => {};
  readonly wornOut: number[] = [];
  readonly held: { readonly line: number; readonly heldMs: number; readonly route: Route }[] = [];
  readonly threads: HandThread[] = [];
  readonly #listener: Listener;
  readonly #news = new EventEmitter();

  private constructor(
    listener: Listener,
    options: Partial<ServerOptions>,
    needs: Partial<LayoutNeeds>,
    calls: Partial<Libc>,
  ) {
    this.#listener = listener;
    this.#news.setMaxListeners(0);
    this.options = resolveOptions({ app: fixtureUrl('hello.mjs'), threadCount: 2, ...options });
    this.layout = computeLayout({ ...this.options, ...needs });
    this.buffer = new SharedArrayBuffer(this.layout.totalBytes);
    this.memory = new Cells(this.buffer);
    const [readEnd, writeEnd] = libc.createPipe();
    this.acceptorBell = writeEnd;
    this.acceptor = new Acceptor({
      memory: this.memory,
      layout: this.layout,
      buffer: this.buffer,
      libc: { ...libc, ...calls },
      options: this.options,
      bellDescriptor: readEnd,
      idleTimes: () => [],
      log: (level, fields, message) => this.logs.push({ level, fields, message }),
      tell: (line, message) => {
        this.told.push({ line, message });
        this.#news.emit('told');
      },
      whenOver: () => this.#news.emit('over'),
      whenLate: (request) => {
        this.late.push(request);
        this.whenLate();
      },
      whenWornOut: (line) => void this.wornOut.push(line),
      whenHeld: (line, heldMs, route) => void this.held.push({ line, heldMs, route }),
    });
    listener.accept((incoming) => {
      this.acceptor.accept(incoming);
      this.#news.emit('accepted');
    });
  }

  /**
   * `needs`: what the memory is laid out for, where that differs from the options. `calls`: of the C
   * library, that a test watches, or takes away.
   */
  static async start(
    t: { teardown(end: () => unknown): void },
    options: Partial<ServerOptions> = {},
    needs: Partial<LayoutNeeds> = {},
    calls: Partial<Libc> = {},
  ): Promise<AcceptorByHand> {
    const listener = await Listener.bind({ host: '127.0.0.1', port: 0, path: undefined }, 1024);
    const byHand = new AcceptorByHand(listener, options, needs, calls);
    t.teardown(() => byHand.stop());
    return byHand;
  }

  get port(): number {
    return (this.#listener.address as AddressInfo).port;
  }

  get counters(): Acceptor['connections']['counters'] {
    return this.acceptor.connections.counters;
  }

  addThread(): HandThread {
    const thread = new HandThread(this, this.threads.length + 1);
    this.threads.push(thread);
    return thread;
  }

  /** The newest connection. */
  get connection(): Connection {
    let newest: Connection | undefined;
    this.acceptor.connections.table.forEach((connection) => (newest = connection));
    if (newest === undefined) throw new Error('There is no connection');
    return newest;
  }

  word(connection: Connection): number {
    return this.memory.load(wordCell(this.layout, connection.slot));
  }

  get pending(): number {
    return this.acceptor.lending.countPending();
  }

  /** Resolves when that many connections are open. */
  async open(count: number): Promise<void> {
    while (this.acceptor.connections.table.size !== count) {
      await Promise.race([once(this.#news, 'accepted'), once(this.#news, 'over')]);
    }
  }

  /** The first message of that type to a thread. */
  async toldOf<Type extends ToThread['type']>(
    type: Type,
  ): Promise<Extract<ToThread, { type: Type }> & { readonly line: number }> {
    for (;;) {
      const found = this.told.find(({ message }) => message.type === type);
      if (found !== undefined) {
        return { ...(found.message as Extract<ToThread, { type: Type }>), line: found.line };
      }
      await once(this.#news, 'told');
    }
  }

  async stop(): Promise<void> {
    await this.#listener.close();
    this.acceptor.connections.table.forEach(({ socket }) => socket.destroy());
    for (const thread of this.threads) thread.die();
    await this.open(0);
    this.acceptor.close();
    libc.close(this.acceptorBell);
  }
}
