/**
 * Clients that behave badly: they leave at every bad moment, send one byte at a time, pipeline
 * deep, or move bodies of 10 MB. For `fixtures/transfer.mjs`. In: port, amounts. Out: per kind
 * how many were done, and what went wrong where an answer was due.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Random } from './random.ts';
import { RawConnection, type Leaving } from './raw-connection.ts';
import { runInProcess } from './run-in-process.ts';

export type Churn =
  | 'mid-head'
  | 'mid-body'
  | 'mid-reply'
  | 'waiting'
  | 'running'
  | 'pipelined'
  | 'one-byte'
  | 'ten-megabytes';

export interface ChurnOptions {
  readonly port: number;
  readonly kind: Churn;
  readonly requests: number;
  /** Connections at once. */
  readonly connections: number;
  readonly seed: number;
}

export interface ChurnReport {
  readonly requests: number;
  readonly failureCount: number;
  readonly failures: readonly string[];
}

const TEN_MEGABYTES = Buffer.alloc(10_000_000, 'ten megabytes ');
const TEN_MEGABYTES_DIGEST = createHash('sha1').update(TEN_MEGABYTES).digest('hex');
const PIPELINE_DEPTH = 16;

const LEAVINGS: Readonly<Record<Leaving, number>> = { reset: 60, fin: 20, close: 20 };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Sends something, waits for the bad moment, leaves. */
type Act = (connection: RawConnection, random: Random) => Promise<void>;

const leave = (connection: RawConnection, random: Random): Promise<void> => connection.leave(random.weighted(LEAVINGS));

const acts: Readonly<Record<Churn, Act>> = {
  'mid-head': async (connection, random) => {
    const head = get('/hello');
    connection.request(head.slice(0, random.integer(1, head.length - 1)));
    await turn();
    await leave(connection, random);
  },
  'mid-body': async (connection, random) => {
    const head = random.pick([
      `POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n`,
      `POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n`,
      `POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n`,
    ]);
    connection.request(head + 'b'.repeat(random.integer(0, 4_999)), 'POST');
    await (random.chance(0.5) ? turn() : moment(random.integer(1, 4)));
    await leave(connection, random);
  },
  'mid-reply': async (connection, random) => {
    connection.request(get(`/stream/${random.pick([30_000, 300_000, 3_000_000])}`));
    await connection.received(random.integer(1, 20_000));
    if (random.chance(0.2)) {
      // A reader that has stopped: the reply is blocked when the client leaves.
      connection.socket.pause();
      await moment(5);
    }
    await leave(connection, random);
  },
  waiting: async (connection, random) => {
    // Far more of them than threads, each blocking one: most leave before a thread is free.
    connection.request(get('/block/2'));
    await turn();
    await leave(connection, random);
  },
  running: async (connection, random) => {
    connection.request(get('/wait/15'));
    await moment(random.integer(1, 10));
    await leave(connection, random);
  },
  pipelined: async (connection, random) => {
    const paths = Array.from({ length: PIPELINE_DEPTH }, () =>
      random.pick(['/hello', '/hello', '/wait/1', '/stream/100']),
    );
    for (const path of paths) connection.request(get(path));
    await connection.response(PIPELINE_DEPTH);
    await connection.leave('close');
    connection.responses.forEach(({ status, body }, index) => {
      const expected = { '/hello': 6, '/wait/1': 7, '/stream/100': 100 }[paths[index] ?? ''];
      if (status !== 200 || body.length !== expected)
        throw new Error(`Answer ${index} of ${paths.join()}: ${status}, ${body.length} bytes`);
    });
  },
  'one-byte': async (connection, random) => {
    const body = random.chance(0.3) ? 'body' : '';
    const path = body === '' ? '/hello' : '/echo';
    const bytes = `${body === '' ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: localhost\r\n${body && 'Content-Length: 4\r\n'}\r\n${body}`;
    connection.request('');
    for (const byte of bytes) {
      connection.send(byte);
      await turn();
    }
    const { status, body: answer } = await connection.response();
    if (status !== 200 || answer.toString() !== (body || 'hello\n')) throw new Error(`${status} ${answer.toString()}`);
    await leave(connection, random);
  },
  'ten-megabytes': async (connection, random) => {
    const isChunked = random.chance(0.5);
    const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${TEN_MEGABYTES.length}`;
    connection.request(`POST /echo HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n`, 'POST');
    for (let at = 0; at < TEN_MEGABYTES.length;) {
      const piece = TEN_MEGABYTES.subarray(at, at + random.integer(1, 200_000));
      at += piece.length;
      if (isChunked) connection.send(`${piece.length.toString(16)}\r\n`);
      connection.send(piece);
      if (isChunked) connection.send('\r\n');
      if (connection.socket.writableNeedDrain && !connection.isClosed) {
        await Promise.race([once(connection.socket, 'drain'), connection.closed()]);
      }
    }
    if (isChunked) connection.send('0\r\n\r\n');
    const { status, body } = await connection.response();
    if (status !== 200 || createHash('sha1').update(body).digest('hex') !== TEN_MEGABYTES_DIGEST) {
      throw new Error(`10 MB came back as ${status}, ${body.length} bytes`);
    }
    await leave(connection, random);
  },
};

export const runChurnClient = async (options: ChurnOptions): Promise<ChurnReport> => {
  const source = new Random(options.seed);
  const failures: string[] = [];
  let requests = 0;
  let failureCount = 0;
  const churn = async (random: Random): Promise<void> => {
    while (requests < options.requests) {
      requests += options.kind === 'pipelined' ? PIPELINE_DEPTH : 1;
      const connection = new RawConnection(options.port);
      try {
        await connection.connected();
        await acts[options.kind](connection, random);
      } catch (error) {
        failureCount += 1;
        if (failures.length < 8) failures.push(`${options.kind}: ${String(error)}`);
        connection.socket.destroy();
      }
    }
  };
  await Promise.all(Array.from({ length: options.connections }, () => churn(source.fork())));
  return { requests, failureCount, failures };
};

/** The same in a process of its own. */
export const runChurnClientApart = (options: ChurnOptions): Promise<ChurnReport> =>
  runInProcess(import.meta.url, runChurnClient, options);
