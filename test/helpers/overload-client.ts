/**
 * Offers more than a server can take, at a fixed rate whatever the server does (open loop): each
 * request has its intended start, and all times count from it, so that a stalled server cannot
 * hide. Either a new connection for each request, or a number of keep-alive connections that are
 * used in turn and replaced after a 503. In: port, rate, seconds. Out: counts and times.
 */
import { connect, type Socket } from 'node:net';
import { summarise, type Summary } from './percentiles.ts';
import { runInProcess } from './run-in-process.ts';

export interface OverloadOptions {
  readonly port: number;
  readonly target: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** 0: a new connection for every request. */
  readonly keepAliveConnections: number;
  /** What a 503 must be, to the byte. */
  readonly expected503: string;
}

export interface OverloadReport {
  readonly offered: number;
  readonly accepted: number;
  readonly shed: number;
  /** Due while no kept-alive connection was free: not sent. */
  readonly skipped: number;
  readonly failureCount: number;
  readonly failures: readonly string[];
  readonly acceptedMs: Summary;
  /** From the intended start to the first, and to the last byte of the 503. */
  readonly shedFirstByteMs: Summary;
  readonly shedLastByteMs: Summary;
}

/** The server closes after a 503, at once: longer means that it forgot to. */
const CLOSE_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 20_000;
const HEAD_200 = /^HTTP\/1\.1 200 [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?content-length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/i;

class Overload {
  readonly options: OverloadOptions;
  readonly accepted: number[] = [];
  readonly firstBytes: number[] = [];
  readonly lastBytes: number[] = [];
  readonly free: Client[] = [];
  readonly open = new Set<Client>();
  readonly failures: string[] = [];
  failureCount = 0;

  constructor(options: OverloadOptions) {
    this.options = options;
  }

  fail(message: string): void {
    this.failureCount += 1;
    if (this.failures.length < 8) this.failures.push(message);
  }
}

/** One connection; one request on it at a time. */
class Client {
  readonly #load: Overload;
  readonly #socket: Socket;
  #intended = 0;
  #firstByteAt = 0;
  #text = '';
  #state: 'free' | 'asked' | 'shed' | 'over' = 'free';
  #settle: () => void = () => {};

  constructor(load: Overload) {
    this.#load = load;
    load.open.add(this);
    this.#socket = connect({ port: load.options.port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#onData(text));
    this.#socket.on('error', (error) => {
      if (this.#state !== 'over') this.#fail(String(error));
    });
    this.#socket.on('close', () => this.#onClose());
    this.#socket.on('timeout', () => this.#fail(`nothing for long, state ${this.#state}`));
  }

  ask(intended: number): Promise<void> {
    this.#intended = intended;
    this.#text = '';
    this.#firstByteAt = 0;
    this.#state = 'asked';
    this.#socket.setTimeout(ANSWER_WITHIN_MS);
    this.#socket.write(`GET ${this.#load.options.target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return new Promise((resolve) => (this.#settle = resolve));
  }

  destroy(): void {
    this.#state = 'over';
    this.#socket.destroy();
  }

  #onData(text: string): void {
    if (this.#state !== 'asked')
      return this.#fail(`bytes in state ${this.#state}: ${JSON.stringify(text.slice(0, 80))}`);
    const now = performance.now();
    if (this.#text === '') this.#firstByteAt = now;
    this.#text += text;
    const { expected503, keepAliveConnections } = this.#load.options;
    if (this.#text.startsWith('HTTP/1.1 503')) {
      if (!expected503.startsWith(this.#text)) return this.#fail(`not the 503: ${JSON.stringify(this.#text)}`);
      if (this.#text.length < expected503.length) return;
      this.#load.firstBytes.push(this.#firstByteAt - this.#intended);
      this.#load.lastBytes.push(now - this.#intended);
      this.#state = 'shed';
      this.#socket.setTimeout(CLOSE_WITHIN_MS);
      return;
    }
    const [head, length] = HEAD_200.exec(this.#text) ?? [];
    if (head === undefined) {
      if (this.#text.length > 12 && !this.#text.startsWith('HTTP/1.1 200'))
        this.#fail(`unexpected ${JSON.stringify(this.#text.slice(0, 80))}`);
      return;
    }
    if (this.#text.length < head.length + Number(length)) return;
    this.#load.accepted.push(now - this.#intended);
    this.#settle();
    if (keepAliveConnections === 0) return this.destroy();
    this.#state = 'free';
    this.#socket.setTimeout(0);
    this.#load.free.push(this);
  }

  #fail(message: string): void {
    this.#load.fail(message);
    this.destroy();
  }

  #onClose(): void {
    const { free, open } = this.#load;
    open.delete(this);
    // Free and closed is the server's idle time-out: no fault.
    const at = free.indexOf(this);
    if (at !== -1) free.splice(at, 1);
    if (this.#state === 'asked') this.#load.fail('closed without an answer');
    this.#settle();
  }
}

export const runOverloadClient = async (options: OverloadOptions): Promise<OverloadReport> => {
  const load = new Overload(options);
  const total = Math.round(options.requestsPerSecond * options.seconds);
  const { keepAliveConnections } = options;
  const answers: Promise<void>[] = [];
  const start = performance.now();
  let due = 0;
  let skipped = 0;
  const nextClient = (): Client | undefined => {
    // First in, first out: all connections are used.
    if (keepAliveConnections > 0 && load.free.length > 0) return load.free.shift();
    return keepAliveConnections === 0 || load.open.size < keepAliveConnections ? new Client(load) : undefined;
  };
  while (due < total) {
    const now = performance.now();
    for (; due < total; due += 1) {
      const intended = start + (due * 1000) / options.requestsPerSecond;
      if (intended > now) break;
      const client = nextClient();
      if (client === undefined) skipped += 1;
      else answers.push(client.ask(intended));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  for (const client of load.open) client.destroy();
  return {
    offered: total,
    accepted: load.accepted.length,
    shed: load.lastBytes.length,
    skipped,
    failureCount: load.failureCount,
    failures: load.failures,
    acceptedMs: summarise(load.accepted),
    shedFirstByteMs: summarise(load.firstBytes),
    shedLastByteMs: summarise(load.lastBytes),
  };
};

/** The same in a process of its own. */
export const runOverloadClientApart = (options: OverloadOptions): Promise<OverloadReport> =>
  runInProcess(import.meta.url, runOverloadClient, options);
