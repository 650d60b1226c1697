/**
 * Sends numbered requests over many connections at once, pipelined and cut at random bytes, and
 * checks that each gets its own answer, in order, once, with no byte of another's. In: port,
 * amounts, seed. Out: counts, and a description of the first failures. Runs in any process.
 *
 * With deaths, some requests kill the thread that runs them (and others may do so from outside):
 * a 503 `thread_failed` in a request's place is then right, and so is a close once a reply had begun.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { THREAD_FAILED } from '../../src/shared/replies.ts';
import { makeRequest, type Death, type NumberedRequest } from './numbered-request.ts';
import { Random } from './random.ts';
import { ResponseParser, show, type ParsedResponse } from './response-parser.ts';
import { runInProcess } from './run-in-process.ts';

export interface NumberedOptions {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
  readonly seed: number;
  /** One request in so many has a handler that throws. Plain node:http dies of it. */
  readonly oneFailingIn?: number;
  /** One request in so many kills its thread, in one of these ways. */
  readonly oneDyingIn?: number;
  readonly deaths?: readonly Death[];
  /** Only requests that are lent one by one, never with their connection. */
  readonly onlySimple?: boolean;
  /** Threads die, from within or without: 503s and closes are tolerated where they are right. */
  readonly toleratesDeaths?: boolean;
  /** No answer for so long is a failure. Default 45 s: a hang, on however busy a machine. */
  readonly timeoutMs?: number;
}

export interface NumberedReport {
  requests: number;
  right: number;
  /** 503 `thread_failed`, the connection living on. */
  failedInPlace: number;
  /** 503 `thread_failed` with `connection: close`. */
  failedAndClosed: number;
  /** Closed when the first bytes of the reply had come. */
  cutInReply: number;
  /** Closed without a byte: right only where the reply was just beginning. */
  cutBeforeReply: number;
  /** Pipelined behind an answer that closed, or behind a cut: never run. */
  abandoned: number;
  /** 503 `thread_failed` with a close, on a connection whose requests had all been answered. */
  unaskedFailures: number;
  /** The body of a 503 `thread_failed` behind the answer to a HEAD request. */
  bodiesForHead: number;
  connections: number;
  longestWaitMs: number;
  /** From the answer that closes, or our own FIN, to the server's close. */
  longestCloseMs: number;
  failureCount: number;
  failures: string[];
}

const THREAD_FAILED_BODY = '{"error":"thread_failed"}\n';
const THREAD_FAILED_AND_CLOSE = THREAD_FAILED.closeBytes.toString('latin1');
/** Enough to see a pattern, short enough to read. */
const FAILURES_KEPT = 12;
/** Well below the time after which an idle connection is closed anyway (6 s): that is no answer to a close. */
const CLOSE_WITHIN_MS = 4_000;

class Run {
  readonly report: NumberedReport = {
    requests: 0,
    right: 0,
    failedInPlace: 0,
    failedAndClosed: 0,
    cutInReply: 0,
    cutBeforeReply: 0,
    abandoned: 0,
    unaskedFailures: 0,
    bodiesForHead: 0,
    connections: 0,
    longestWaitMs: 0,
    longestCloseMs: 0,
    failureCount: 0,
    failures: [],
  };

  readonly options: NumberedOptions;

  constructor(options: NumberedOptions) {
    this.options = options;
  }

  get hasMore(): boolean {
    return this.report.requests < this.options.requests;
  }

  fail(message: string): void {
    this.report.failureCount += 1;
    if (this.report.failures.length < FAILURES_KEPT) this.report.failures.push(message);
  }

  nextRequest(random: Random, isLast: boolean): NumberedRequest {
    const { oneDyingIn = 0, oneFailingIn = 0, deaths = [], onlySimple = false } = this.options;
    this.report.requests += 1;
    const isFailing = oneFailingIn > 0 && random.chance(1 / oneFailingIn);
    const death = !isFailing && oneDyingIn > 0 && random.chance(1 / oneDyingIn) ? random.pick(deaths) : undefined;
    return makeRequest(this.report.requests, random, { isLast, isFailing, death, isSimple: onlySimple });
  }
}

interface Outstanding {
  readonly request: NumberedRequest;
  readonly isLast: boolean;
  readonly sentAt: number;
}

class NumberedConnection {
  readonly #run: Run;
  readonly #random: Random;
  readonly #socket: Socket;
  readonly #outstanding: Outstanding[] = [];
  readonly #parser = new ResponseParser((response) => this.#onResponse(response));
  #isClosed = false;
  #isClosing = false;
  #hasGivenUp = false;
  #wake: (() => void) | undefined;
  #lastError = '';
  #last: NumberedRequest | undefined;

  constructor(run: Run, random: Random) {
    this.#run = run;
    this.#random = random;
    run.report.connections += 1;
    this.#socket = connect({ port: run.options.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (bytes) => {
      try {
        this.#parser.push(bytes);
      } catch (error) {
        const isThreadFailed = bytes.toString('latin1').endsWith(THREAD_FAILED_AND_CLOSE);
        if (isThreadFailed && String(error).includes('Bytes that no request asked for: "HTTP'))
          this.#leave('unaskedFailures');
        else if (isThreadFailed) this.#leave('bodiesForHead');
        else this.#failAndDestroy(`${String(error)}, outstanding: ${this.#describe()}`);
      }
    });
    this.#socket.on('error', (error) => (this.#lastError = String(error)));
    this.#socket.on('close', () => this.#onClose());
    const { timeoutMs = 45_000 } = run.options;
    this.#socket.setTimeout(timeoutMs, () => {
      this.#failAndDestroy(`No answer for ${timeoutMs} ms, outstanding: ${this.#describe()}`);
    });
  }

  #describe(): string {
    return this.#outstanding.map(({ request }) => `${request.method} ${request.target} (${request.kind})`).join(', ');
  }

  #failAndDestroy(message: string): void {
    this.#run.fail(message);
    this.#giveUp();
  }

  #leave(why: 'unaskedFailures' | 'bodiesForHead'): void {
    this.#run.report[why] += 1;
    this.#run.report.abandoned += this.#outstanding.length;
    this.#giveUp();
  }

  #giveUp(): void {
    this.#outstanding.length = 0;
    this.#isClosing = true;
    this.#hasGivenUp = true;
    this.#socket.destroy();
  }

  #onResponse(response: ParsedResponse): void {
    if (response.status < 200) {
      if (response.status !== 100 && response.status !== 103) this.#failAndDestroy(`Unasked ${response.status}`);
      return;
    }
    const entry = this.#outstanding.shift();
    if (entry === undefined) return this.#failAndDestroy(`An answer to nothing: ${show(response.head)}`);
    const { report, options } = this.#run;
    report.longestWaitMs = Math.max(report.longestWaitMs, performance.now() - entry.sentAt);
    const closes = response.headers.get('connection') === 'close';
    const isThreadFailed = response.status === 503 && response.body.toString('latin1') === THREAD_FAILED_BODY;
    const isHeadOf503 = response.status === 503 && entry.request.method === 'HEAD' && response.body.length === 0;
    if (options.toleratesDeaths === true && (isThreadFailed || isHeadOf503)) {
      if (closes) report.failedAndClosed += 1;
      else report.failedInPlace += 1;
    } else {
      const wrong = entry.request.judge(response);
      if (wrong === undefined) report.right += 1;
      else this.#run.fail(wrong);
      if (closes !== entry.isLast) this.#run.fail(`${entry.request.target}: connection ${closes ? 'closes' : 'stays'}`);
    }
    if (closes) this.#isClosing = true;
    if (this.#outstanding.length === 0) this.#wakeUp();
  }

  #onClose(): void {
    this.#isClosed = true;
    const { report, options } = this.#run;
    const first = this.#outstanding.shift();
    if (first !== undefined) {
      report.abandoned += this.#outstanding.length;
      if (this.#isClosing) report.abandoned += 1;
      else if (this.#parser.hasBegun) report.cutInReply += 1;
      else report.cutBeforeReply += 1;
      const isRight = options.toleratesDeaths === true;
      if (!isRight)
        this.#run.fail(
          `Closed (${this.#lastError}) before the answer to ${first.request.method} ${first.request.target}`,
        );
    } else if (this.#parser.hasBegun && !this.#hasGivenUp) {
      this.#run.fail('Closed with bytes of an answer to nothing');
    }
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Writes the bytes in up to six pieces, cut anywhere, sometimes with a turn or a moment between them. */
  async #write(bytes: Buffer): Promise<void> {
    const cuts = Array.from({ length: this.#random.integer(0, 5) }, () => this.#random.integer(1, bytes.length - 1));
    cuts.sort((a, b) => a - b);
    let start = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (this.#isClosed) return;
      if (cut > start) this.#socket.write(bytes.subarray(start, cut));
      start = cut;
      const pause = this.#random.weighted({ none: 40, turn: 50, moment: 10 });
      if (pause === 'turn') await new Promise((resolve) => setImmediate(resolve));
      if (pause === 'moment') await new Promise((resolve) => setTimeout(resolve, this.#random.integer(1, 3)));
    }
  }

  async #answered(): Promise<void> {
    if (this.#isClosed || this.#outstanding.length === 0) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** One connection's life: 1-20 batches of 1-6 requests. */
  async serve(): Promise<void> {
    const batches = this.#random.integer(1, 20);
    for (let batch = 1; batch <= batches && this.#run.hasMore && !this.#isClosed && !this.#isClosing; batch += 1) {
      const size = this.#random.integer(1, 6);
      const asksToClose = batch === batches && this.#random.chance(0.5);
      const pieces: Buffer[] = [];
      for (let index = 1; index <= size; index += 1) {
        const isLast = asksToClose && index === size;
        const request = this.#run.nextRequest(this.#random, isLast);
        this.#last = request;
        this.#outstanding.push({ request, isLast, sentAt: performance.now() });
        this.#parser.expect(request.method);
        pieces.push(request.bytes);
      }
      await this.#write(Buffer.concat(pieces));
      await this.#answered();
    }
    const how = this.#isClosing ? 'an answer that closes' : 'our FIN';
    const since = performance.now();
    if (!this.#isClosing) this.#socket.end();
    if (!this.#isClosed) await once(this.#socket, 'close');
    const closeMs = performance.now() - since;
    this.#run.report.longestCloseMs = Math.max(this.#run.report.longestCloseMs, closeMs);
    if (closeMs > CLOSE_WITHIN_MS)
      this.#run.fail(
        `Closed ${closeMs.toFixed(0)} ms after ${how}; last was ${this.#last?.target} (${this.#last?.kind})`,
      );
  }
}

export const runNumberedClient = async (options: NumberedOptions): Promise<NumberedReport> => {
  const run = new Run(options);
  const source = new Random(options.seed);
  const serveConnections = async (random: Random): Promise<void> => {
    while (run.hasMore) await new NumberedConnection(run, random).serve();
  };
  await Promise.all(Array.from({ length: options.connections }, () => serveConnections(source.fork())));
  return run.report;
};

/** The same in a process of its own. */
export const runNumberedClientApart = (options: NumberedOptions): Promise<NumberedReport> =>
  runInProcess(import.meta.url, runNumberedClient, options);
