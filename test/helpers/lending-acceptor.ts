/**
 * The least acceptor that connection loans need, for tests of them on one thread: accepts, reads
 * once, lends a duplicate of the descriptor with what was read, takes the connection back, and lends
 * it again when more comes. The sockets and descriptors are real.
 */
import { EventEmitter, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { createSocket, startReading, takeConnections, type AcceptedHandle } from '../../src/acceptor/node-internals.ts';
import type { ConnectionAddresses, ConnectionLoan } from '../../src/app-adapter/loan.ts';

/** What has been done to a loan, in order. */
export type LoanEvent = 'beginReply' | 'endReply' | 'requestBegan' | 'requestEnded' | 'giveBack' | 'close';

export interface RecordedLoan extends ConnectionLoan {
  readonly events: LoanEvent[];
  /** Resolves when this has been done to the loan, at once if it has been. */
  reached(event: LoanEvent): Promise<void>;
  isOver: boolean;
  /** The acceptor takes the loan back. */
  revoke(): void;
}

export interface LendingAcceptor {
  readonly port: number;
  readonly loans: RecordedLoan[];
  /** The nth loan, from 1, when it is made. */
  lent(nth: number): Promise<RecordedLoan>;
  /** Connections that are neither closed nor given up. */
  readonly open: number;
  stop(): Promise<void>;
}

const ADDRESSES: ConnectionAddresses = {
  remoteAddress: '192.0.2.7',
  remotePort: 4711,
  remoteFamily: 'IPv4',
  localAddress: '192.0.2.1',
  localPort: 80,
  localFamily: 'IPv4',
  encrypted: false,
};

/** As long as the real acceptor's lingering close. */
const LINGER_MS = 1000;

export async function lendConnections(serve: (loan: ConnectionLoan) => void): Promise<LendingAcceptor> {
  const loans: RecordedLoan[] = [];
  const news = new EventEmitter();
  const sockets = new Set<net.Socket>();
  const libc = loadLibc();

  const accept = (handle: AcceptedHandle): void => {
    let isLent = false;
    const socket = createSocket(handle, new Uint8Array(65_536), (count, buffer) => {
      isLent = true;
      lend(Buffer.from(buffer.subarray(0, count)));
      return !isLent;
    });
    sockets.add(socket);
    startReading(socket);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => sockets.delete(socket));
    const lend = (firstBytes: Buffer): void => {
      const loan = record(libc.duplicate(handle.fd), firstBytes);
      loans.push(loan);
      news.emit('lent');
      loan.onGivenBack = () => {
        isLent = false;
        startReading(socket);
      };
      loan.onClosed = () => {
        socket.end();
        socket.resume();
        startReading(socket);
        setTimeout(() => socket.destroy(), LINGER_MS).unref();
      };
      serve(loan);
    };
  };

  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  takeConnections(server, (error, handle) => {
    if (error === 0 && handle !== undefined) accept(handle);
  });
  return {
    port: (server.address() as AddressInfo).port,
    loans,
    async lent(nth) {
      while (loans.length < nth) await once(news, 'lent');
      return loans[nth - 1] as RecordedLoan;
    },
    get open() {
      return sockets.size;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface HookedLoan extends RecordedLoan {
  onGivenBack: () => void;
  onClosed: () => void;
}

const record = (fd: number, firstBytes: Buffer): HookedLoan => {
  const events: LoanEvent[] = [];
  const news = new EventEmitter();
  const note = (event: LoanEvent): void => {
    events.push(event);
    news.emit(event);
  };
  const loan: HookedLoan = {
    events,
    async reached(event) {
      if (!events.includes(event)) await once(news, event);
    },
    fd,
    firstBytes,
    addresses: ADDRESSES,
    isOver: false,
    borrower: undefined,
    onGivenBack: () => {},
    onClosed: () => {},
    beginReply() {
      if (loan.isOver) return false;
      note('beginReply');
      return true;
    },
    endReply: () => note('endReply'),
    requestBegan: () => note('requestBegan'),
    noteMethod() {},
    requestEnded: () => note('requestEnded'),
    giveBack() {
      note('giveBack');
      loan.isOver = true;
      loan.onGivenBack();
    },
    close() {
      note('close');
      loan.isOver = true;
      loan.onClosed();
    },
    revoke() {
      loan.isOver = true;
      loan.borrower?.revoked();
    },
  };
  return loan;
};
