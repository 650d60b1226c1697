/**
 * Direct routes on request loans: the reply goes straight to the write descriptor, without `req` and
 * `res`. One write in nearly every case; the rest of a blocked or streaming reply goes on as the
 * client takes it. Ends the loan.
 */
import { BlockedReply } from '../request-loan/blocked-reply.ts';
import { type DirectReply, runDirectRoute } from './direct-route.ts';
import type { RequestHead } from '../head-parser.ts';
import type { ClientGone, RequestBorrower, RequestLoan } from '../loan.ts';
import type { DynamicRoute, Route } from './route-table.ts';
import type { ThreadLog } from '../load/app-host.ts';

export interface DirectSettings {
  readonly writeTimeoutMs: number;
  readonly log: ThreadLog;
}

export function serveDirectRoute(
  loan: RequestLoan,
  route: Route,
  head: RequestHead,
  body: Buffer | undefined,
  settings: DirectSettings,
): void {
  if (route.kind === 'static') {
    sendWhole(loan, route.reply(head.method === 'HEAD', head.keepAlive), head.keepAlive, settings);
    return;
  }
  const reply = run(loan, route, head, body, settings);
  if (!(reply instanceof Promise)) {
    sendReply(loan, reply, settings);
    return;
  }
  // As under node:http the reply of a client that has left is lost, also if its handler never ends.
  departureOf(loan, head).add(() => loan.end(false));
  void reply.then((settled) => sendReply(loan, settled, settings));
}

function run(
  loan: RequestLoan,
  route: DynamicRoute,
  head: RequestHead,
  body: Buffer | undefined,
  { log }: DirectSettings,
): DirectReply | Promise<DirectReply> {
  const signal = (): AbortSignal => {
    const controller = new AbortController();
    const abort: WhenGone = (how) => {
      const message = how === 'revoked' ? 'The request has had its time' : 'The client has left';
      controller.abort(new DOMException(message, 'AbortError'));
    };
    if (loan.isOver) abort('reset');
    else departureOf(loan, head).add(abort);
    return controller.signal;
  };
  return runDirectRoute(route, { head, body, addresses: loan.connection.addresses, signal }, log);
}

function sendReply(loan: RequestLoan, reply: DirectReply, settings: DirectSettings): void {
  if (reply.body === undefined) sendWhole(loan, reply.head, reply.keepAlive, settings);
  else void sendStream(loan, reply.head, reply.body, reply.keepAlive, settings);
}

/** Writes all of a reply and ends the loan. The bytes may be reused after the call. */
export function sendWhole(loan: RequestLoan, bytes: Buffer, keepAlive: boolean, settings: DirectSettings): void {
  if (!loan.beginReply()) return;
  let written;
  try {
    written = loan.write(bytes);
  } catch {
    // The client is gone.
    loan.end(false);
    return;
  }
  if (written === bytes.length) {
    loan.end(keepAlive);
    return;
  }
  loan.replyIsWhole();
  void sendStream(loan, Buffer.from(bytes.subarray(written)), undefined, keepAlive, settings);
}

/** Writes what comes, as fast as the client takes it. A stream that fails cuts the connection. */
async function sendStream(
  loan: RequestLoan,
  first: Buffer,
  rest: AsyncIterable<Uint8Array> | undefined,
  keepAlive: boolean,
  settings: DirectSettings,
): Promise<void> {
  const writer = new LoanWriter(loan, settings.writeTimeoutMs);
  const source = rest?.[Symbol.asyncIterator]();
  // A source that still waits for its next chunk has to hear it too.
  const leave = (): void => void source?.return?.();
  if (source !== undefined) {
    departureOf(loan).add(() => loan.end(false));
    departureOf(loan).add(leave);
  }
  try {
    await writer.write(first);
    for (let next = await source?.next(); next?.done === false; next = await source?.next()) {
      await writer.write(next.value);
    }
    loan.end(keepAlive);
  } catch {
    loan.end(false);
    leave();
  } finally {
    writer.close();
  }
}

/** Writes to the loan directly until the kernel takes no more, then through a duplicate. */
class LoanWriter {
  readonly #loan: RequestLoan;
  readonly #writeTimeoutMs: number;
  #blocked: BlockedReply | undefined;
  #fail: (error: Error) => void = ignore;

  constructor(loan: RequestLoan, writeTimeoutMs: number) {
    this.#loan = loan;
    this.#writeTimeoutMs = writeTimeoutMs;
    // Whoever waits for a blocked write hears that there is nobody to write to any more.
    departureOf(loan).add((how) => how !== 'end' && this.#fail(new Error('The client is gone')));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#loan.isOver || !this.#loan.beginReply()) throw new Error('The loan is over');
    const written = this.#blocked === undefined ? this.#loan.write(bytes) : 0;
    if (written === bytes.length) return;
    this.#blocked ??= new BlockedReply(this.#loan, this.#writeTimeoutMs, ignore, () =>
      this.#fail(new Error('The client takes nothing')),
    );
    const blocked = this.#blocked;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      blocked.send(bytes.subarray(written), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    this.#blocked?.destroy();
  }
}

const ignore = (): void => {};

/** Hears of the loan's end from outside: the client has left, or the acceptor has taken the loan back. */
type WhenGone = (how: ClientGone | 'revoked') => void;

/** Who has a loan whose reply takes its time. Made when somebody asks, so that most requests have none. */
class Departure implements RequestBorrower {
  readonly #listeners: WhenGone[] = [];
  readonly #head: RequestHead | undefined;

  constructor(head: RequestHead | undefined) {
    this.#head = head;
  }

  add(listener: WhenGone): void {
    this.#listeners.push(listener);
  }

  clientGone(how: ClientGone): void {
    for (const listener of this.#listeners) listener(how);
  }

  revoked(): void {
    for (const listener of this.#listeners) listener('revoked');
  }

  /** A reply that is rendered later says `connection: close`. */
  drain(): void {
    if (this.#head !== undefined) this.#head.keepAlive = false;
  }
}

function departureOf(loan: RequestLoan, head?: RequestHead): Departure {
  if (loan.borrower instanceof Departure) return loan.borrower;
  const departure = new Departure(head);
  loan.borrower = departure;
  return departure;
}
