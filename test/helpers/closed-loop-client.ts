/**
 * A small closed loop: keep-alive clients that ask one target after another without a pause, until
 * they are told to stop. Counts answers by status and body, and every connection that ends without
 * having been told to. In this process, so that a test can act at the same time.
 */
import { connect } from 'node:net';
import { ResponseParser } from './response-parser.ts';

export interface LoopOptions {
  readonly port: number;
  readonly clients: number;
  /** Each client goes round them. Whole requests without body; default GET of each target. */
  readonly targets: readonly string[];
}

export interface LoopReport {
  readonly answers: number;
  /** Answers other than 200, and connections that ended without an answer or an announcement. */
  readonly failures: readonly string[];
  /** 200s by their body. */
  readonly bodies: ReadonlyMap<string, number>;
  readonly longestMs: number;
}

export class ClosedLoop {
  #isOver = false;
  #answers = 0;
  #longestMs = 0;
  readonly #failures: string[] = [];
  readonly #bodies = new Map<string, number>();
  readonly #clients: Promise<void>[];
  #whenAnswered: { readonly count: number; readonly resolve: () => void } | undefined;

  constructor({ port, clients, targets }: LoopOptions) {
    this.#clients = Array.from({ length: clients }, (_, nth) => this.#run(port, targets, nth));
  }

  /** Resolves when so many more answers have come. */
  answered(count: number): Promise<void> {
    return new Promise((resolve) => (this.#whenAnswered = { count: this.#answers + count, resolve }));
  }

  /** Each client takes its last answer and leaves. */
  async stop(): Promise<LoopReport> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    return { answers: this.#answers, failures: this.#failures, bodies: this.#bodies, longestMs: this.#longestMs };
  }

  #run(port: number, targets: readonly string[], nth: number): Promise<void> {
    return new Promise((resolve) => {
      let next = nth;
      let askedAt = 0;
      let isDone = false;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const parser = new ResponseParser(({ status, body }) => {
        const text = body.toString();
        if (status === 200) this.#bodies.set(text, (this.#bodies.get(text) ?? 0) + 1);
        else this.#failures.push(`${status} ${text}`);
        this.#longestMs = Math.max(this.#longestMs, performance.now() - askedAt);
        this.#answers += 1;
        if (this.#whenAnswered !== undefined && this.#answers >= this.#whenAnswered.count) {
          this.#whenAnswered.resolve();
          this.#whenAnswered = undefined;
        }
        if (this.#isOver) {
          isDone = true;
          socket.end();
        } else ask();
      });
      const ask = (): void => {
        const target = targets[next % targets.length] ?? '/';
        next += 1;
        askedAt = performance.now();
        const [method = ''] = target.startsWith('/') ? ['GET'] : target.split(' ');
        parser.expect(method);
        socket.write(target.startsWith('/') ? `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n` : target);
      };
      socket.once('connect', ask);
      socket.on('data', (bytes) => parser.push(bytes));
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!isDone) this.#failures.push(`closed ${targets[(next - 1) % targets.length]}`);
        resolve();
      });
    });
  }
}
