/**
 * All that clients and a failing app do to a server at once, at random: for `fixtures/soak.mjs`.
 * Some clients ask and judge what they get, some leave at bad moments, some send byte by byte; now
 * and then a request ends or stops its thread. In: port, how long. Out: counts, and what was wrong.
 */
import { Random } from './random.ts';
import { RawConnection, type Leaving } from './raw-connection.ts';
import { runInProcess } from './run-in-process.ts';

export interface SoakOptions {
  readonly port: number;
  readonly seconds: number;
  readonly seed: number;
  /** Whether threads are ended and stopped; without, every answer must be the right one. */
  readonly hasFaults: boolean;
  /** How long a handler stands still; longer than `handlerTimeoutMs`. */
  readonly hangMs: number;
  /** Whether also what is lent with its connection is sent. */
  readonly lends: boolean;
}

export interface SoakReport {
  readonly right: number;
  /** 503s and 504s, by status and reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Closed without a byte, of simple requests: where a reply was just beginning. */
  readonly cutBeforeReply: number;
  /** Closed where that may be: in a reply, or a connection that its thread read by itself. */
  readonly cut: number;
  readonly left: number;
  readonly slow: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly failureCount: number;
  /** The first of them. */
  readonly failures: readonly string[];
}

const ASKING_CLIENTS = 24;
const LEAVING_CLIENTS = 4;
const SLOW_CLIENTS = 4;
const FAULTS = { throw: 4, reject: 1, exit: 4, half: 2, oom: 2, hang: 2 };
/** Threads must not fail faster than they come back, on a machine that does much else too. */
const FAULT_EVERY_MS = { min: 200, max: 600 };
const LEAVINGS: Readonly<Record<Leaving, number>> = { reset: 60, fin: 20, close: 20 };
const REFUSALS = /^HTTP\/1\.1 50[34] .*\r\n\r\n\{"error":"(thread_failed|handler_timeout|server_busy)"\}\n?$/s;
const KEPT_FAILURES = 8;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Left in the middle of each. */
const BEGUN = [
  'GET /answer/1 HTTP/1.1\r\nHost: loc',
  'POST /answer/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nhalf',
  get('/answer/4'),
  get('/large'),
];

class Soak {
  readonly options: SoakOptions;
  readonly random: Random;
  readonly #end: number;
  readonly refused: Record<string, number> = {};
  readonly faults: Record<string, number> = {};
  readonly failures: string[] = [];
  right = 0;
  cutBeforeReply = 0;
  cut = 0;
  left = 0;
  slow = 0;
  failureCount = 0;
  #number = 0;

  constructor(options: SoakOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    this.#end = performance.now() + options.seconds * 1000;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  fail(message: string): void {
    this.failureCount += 1;
    if (this.failures.length < KEPT_FAILURES) this.failures.push(message);
  }

  connect(): RawConnection {
    return new RawConnection(this.options.port);
  }

  /** A request of its own number, and the text it must be answered with. */
  makeRequest(random: Random): { readonly bytes: string; readonly expected: string; readonly isLent: boolean } {
    this.#number += 1;
    const number = this.#number;
    const length = random.integer(1, 3_000);
    const body = 'b'.repeat(length);
    const kind = random.weighted({ get: 60, inline: 25, chunked: this.options.lends ? 15 : 0 });
    const post = `POST /answer/${number} HTTP/1.1\r\nHost: localhost\r\n`;
    if (kind === 'get') return { bytes: get(`/answer/${number}`), expected: `${number} 0\n`, isLent: false };
    const expected = `${number} ${length}\n`;
    return kind === 'inline'
      ? { bytes: `${post}Content-Length: ${length}\r\n\r\n${body}`, expected, isLent: false }
      : {
          bytes: `${post}Transfer-Encoding: chunked\r\n\r\n${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
          expected,
          isLent: true,
        };
  }

  /** Waits for the nth answer of the connection and judges it. Out: whether the connection lives on. */
  async judge(connection: RawConnection, nth: number, expected: string, isLent: boolean): Promise<boolean> {
    const before = connection.bytesReceived;
    try {
      const { status, head, body, headers } = await connection.response(nth);
      const text = body.toString('latin1');
      const refusal = REFUSALS.exec(head + text)?.[1];
      if (status === 200 && text === expected) this.right += 1;
      else if (refusal !== undefined && this.options.hasFaults) {
        const name = `${status} ${refusal}`;
        this.refused[name] = (this.refused[name] ?? 0) + 1;
      } else this.fail(`${status} ${JSON.stringify(text.slice(0, 80))} instead of ${JSON.stringify(expected)}`);
      return headers.get('connection') !== 'close';
    } catch (error) {
      const hasBegun = connection.bytesReceived > before;
      if (!this.options.hasFaults || !connection.isClosed)
        this.fail(`${String(error)}, for ${JSON.stringify(expected)}`);
      else if (hasBegun || isLent) this.cut += 1;
      else this.cutBeforeReply += 1;
      return false;
    }
  }
}

/** Keep-alive, one request at a time, a new connection now and then. */
const askOn = async (soak: Soak, random: Random): Promise<void> => {
  while (!soak.isOver) {
    const connection = soak.connect();
    const count = random.integer(1, 40);
    for (let nth = 1; nth <= count && !soak.isOver; nth += 1) {
      const { bytes, expected, isLent } = soak.makeRequest(random);
      connection.request(bytes);
      if (!(await soak.judge(connection, nth, expected, isLent))) break;
      await pause(random.integer(0, 4));
    }
    await connection.leave(random.weighted(LEAVINGS));
  }
};

const leaveAgainAndAgain = async (soak: Soak, random: Random): Promise<void> => {
  while (!soak.isOver) {
    const connection = soak.connect();
    connection.request(random.pick(BEGUN));
    await pause(random.integer(0, 15));
    await connection.leave(random.weighted(LEAVINGS));
    soak.left += 1;
  }
};

/** A byte or a few at a time. */
const sendSlowly = async (soak: Soak, random: Random): Promise<void> => {
  while (!soak.isOver) {
    const connection = soak.connect();
    const { bytes, expected, isLent } = soak.makeRequest(random);
    const head = bytes.indexOf('\r\n\r\n');
    connection.request(bytes.slice(0, 1));
    for (let at = 1; at < head && !connection.isClosed; at += 8) {
      await pause(random.integer(1, 5));
      connection.send(bytes.slice(at, Math.min(head, at + 8)));
    }
    connection.send(bytes.slice(head));
    await soak.judge(connection, 1, expected, isLent);
    await connection.leave('close');
    soak.slow += 1;
  }
};

const endThreads = async (soak: Soak, random: Random): Promise<void> => {
  while (!soak.isOver) {
    await pause(random.integer(FAULT_EVERY_MS.min, FAULT_EVERY_MS.max));
    const fault = random.weighted(FAULTS);
    soak.faults[fault] = (soak.faults[fault] ?? 0) + 1;
    const connection = soak.connect();
    connection.request(get(fault === 'hang' ? `/hang/${soak.options.hangMs}` : `/${fault}`));
    // Waited for, so that the next one comes when this thread is known to have failed.
    await soak.judge(connection, 1, 'nothing', fault === 'half');
    await connection.leave('close');
  }
};

export const runSoakClient = async (options: SoakOptions): Promise<SoakReport> => {
  const soak = new Soak(options);
  const times = (count: number, act: (soak: Soak, random: Random) => Promise<void>): Promise<void>[] =>
    Array.from({ length: count }, () => act(soak, soak.random.fork()));
  await Promise.all([
    ...times(ASKING_CLIENTS, askOn),
    ...times(LEAVING_CLIENTS, leaveAgainAndAgain),
    ...times(SLOW_CLIENTS, sendSlowly),
    ...times(options.hasFaults ? 1 : 0, endThreads),
  ]);
  const { right, refused, cutBeforeReply, cut, left, slow, faults, failureCount, failures } = soak;
  return { right, refused, cutBeforeReply, cut, left, slow, faults, failureCount, failures };
};

export const runSoakClientApart = (options: SoakOptions): Promise<SoakReport> =>
  runInProcess(import.meta.url, runSoakClient, options);
