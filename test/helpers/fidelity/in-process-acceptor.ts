/**
 * An acceptor of one screen: lends every simple request of its connections to `RequestLoans` in the
 * same thread, over the descriptor that the connection really has. No queue, no shared memory: what
 * is left is exactly what `req` and `res` can see.
 */
import { writeSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import koffi from 'koffi';
import { HEAD_INCOMPLETE, HEAD_SIMPLE, HeadScan } from '../../../src/acceptor/framing/framing.ts';
import { parseHead } from '../../../src/app-adapter/head-parser.ts';
import type { ClientGone, KnownConnection, RequestBorrower, RequestLoan } from '../../../src/app-adapter/loan.ts';
import { RequestLoans, type RequestSettings } from '../../../src/app-adapter/request-loan/request-loan.ts';

const MAX_HEADER_BYTES = 16_384;
const F_DUPFD_CLOEXEC = process.platform === 'darwin' ? 67 : 1030;

const libc = koffi.load(null);
const fcntl = libc.func('int fcntl(int fd, int command, ...)') as (
  fd: number,
  command: number,
  type: 'int',
  argument: number,
) => number;

const descriptorOf = (socket: Socket): number =>
  (socket as Socket & { readonly _handle: { readonly fd: number } | null })._handle?.fd ?? -1;

const isEagain = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EAGAIN';

/** What a test may see of a loan, and do with it. */
export class InProcessLoan implements RequestLoan {
  readonly connection: KnownConnection;
  borrower: RequestBorrower | undefined = undefined;
  isOver = false;
  /** What was called, in order, once for each in a row. */
  readonly calls: string[] = [];
  /** Whether a duplicate is given out; a test may put its own promise here. */
  duplicates: Promise<boolean> = Promise.resolve(true);
  readonly #socket: Socket;
  readonly #onEnd: (keepAlive: boolean) => void;

  constructor(socket: Socket, connection: KnownConnection, onEnd: (keepAlive: boolean) => void) {
    this.#socket = socket;
    this.connection = connection;
    this.#onEnd = onEnd;
  }

  beginReply(): boolean {
    this.#note('beginReply');
    return !this.isOver;
  }

  endInformational(): void {
    this.#note('endInformational');
  }

  write(bytes: Uint8Array): number {
    this.#note('write');
    const fd = descriptorOf(this.#socket);
    if (fd < 0) throw Object.assign(new Error('EPIPE: broken pipe, write'), { code: 'EPIPE', errno: -32 });
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      if (isEagain(error)) return 0;
      throw error;
    }
  }

  replyIsWhole(): void {
    this.#note('replyIsWhole');
  }

  async requestDuplicate(): Promise<number | undefined> {
    this.#note('requestDuplicate');
    const fd = descriptorOf(this.#socket);
    const duplicate = fd < 0 ? undefined : fcntl(fd, F_DUPFD_CLOEXEC, 'int', 0);
    return (await this.duplicates) ? duplicate : undefined;
  }

  end(keepAlive: boolean): void {
    this.#note(`end ${keepAlive}`);
    if (this.isOver) return;
    this.isOver = true;
    this.#onEnd(keepAlive);
  }

  closeIfIdle(): void {
    this.#note('closeIfIdle');
    this.#socket.destroySoon();
  }

  /** Takes the loan back, as an acceptor does whose deadline has passed. */
  revoke(): void {
    this.isOver = true;
    this.borrower?.revoked();
  }

  #note(call: string): void {
    if (this.calls.at(-1) !== call) this.calls.push(call);
  }
}

const addressesOf = (socket: Socket): KnownConnection['addresses'] => ({
  remoteAddress: socket.remoteAddress,
  remotePort: socket.remotePort,
  remoteFamily: socket.remoteFamily as 'IPv4' | 'IPv6' | undefined,
  localAddress: socket.localAddress,
  localPort: socket.localPort,
  localFamily: socket.localFamily as 'IPv4' | 'IPv6' | undefined,
  encrypted: false,
});

/** What a loan's connection needs: its bytes that no request has used yet, and the request that runs. */
class Connection {
  readonly #socket: Socket;
  readonly #known: KnownConnection;
  readonly #requestLoans: RequestLoans;
  readonly #onLoan: (loan: InProcessLoan) => void;
  readonly #scan = new HeadScan();
  #bytes: Buffer = Buffer.alloc(0);
  #loan: InProcessLoan | undefined;
  #gone: ClientGone | undefined;

  constructor(socket: Socket, requestLoans: RequestLoans, onLoan: (loan: InProcessLoan) => void) {
    this.#socket = socket;
    this.#known = { addresses: addressesOf(socket), socket: undefined };
    this.#onLoan = onLoan;
    this.#requestLoans = requestLoans;
    socket.on('data', (data) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      this.#lendNext();
    });
    socket.on('end', () => this.#leave('end'));
    socket.on('error', () => this.#leave('reset'));
  }

  #leave(how: ClientGone): void {
    this.#gone = how;
    if (this.#loan === undefined) this.#socket.destroy();
    else this.#loan.borrower?.clientGone(how);
  }

  #lendNext(): void {
    if (this.#loan !== undefined) return;
    const verdict = this.#scan.scan(this.#bytes, 0, this.#bytes.length, MAX_HEADER_BYTES);
    if (verdict === HEAD_INCOMPLETE) return;
    if (verdict !== HEAD_SIMPLE) throw new Error(`Not a simple request: ${this.#bytes.toString('latin1', 0, 200)}`);
    const { headStart, headEnd, contentLength } = this.#scan;
    const end = headEnd + contentLength;
    if (this.#bytes.length < end) return;
    const head = parseHead(this.#bytes, headStart, headEnd);
    if (head === undefined) throw new Error('The two sides of the grammar differ');
    const body = contentLength > 0 ? this.#bytes.subarray(headEnd, end) : undefined;
    this.#bytes = this.#bytes.subarray(end);
    this.#scan.reset();
    this.#loan = new InProcessLoan(this.#socket, this.#known, (keepAlive) => this.#return(keepAlive));
    this.#onLoan(this.#loan);
    this.#requestLoans.serve(this.#loan, head, body);
  }

  #return(keepAlive: boolean): void {
    this.#loan = undefined;
    if (!keepAlive) this.#socket.destroySoon();
    else if (this.#gone !== undefined) this.#socket.destroy();
    else setImmediate(() => this.#lendNext());
  }
}

export interface InProcessAcceptor {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback and serves the app's server by request loans. */
export const startInProcessAcceptor = async (
  server: Server,
  settings: RequestSettings,
  onLoan: (loan: InProcessLoan) => void = () => {},
): Promise<InProcessAcceptor> => {
  const sockets = new Set<Socket>();
  const requestLoans = new RequestLoans(server, settings);
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new Connection(socket, requestLoans, onLoan);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
