/**
 * Which requests ran, connection by connection, as the apps in all threads tell it. A request that
 * ran without an answer is seen too.
 */
interface Run {
  readonly thread: number;
  readonly server: number;
  readonly client: number;
  readonly line: string;
}

const BUSY = Buffer.from('GET /busy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');

export class RunLog {
  readonly #channel = new BroadcastChannel('conformance');
  readonly #runs = new Map<string, string[]>();
  readonly #flushed = new Set<string>();

  constructor() {
    this.#channel.onmessage = (event) => this.#take((event as { data: Run }).data);
  }

  #take({ thread, server, client, line }: Run): void {
    if (line === 'GET /busy') this.#flushed.add(`${server} ${thread}`);
    const key = `${server} ${client}`;
    const lines = this.#runs.get(key);
    if (lines === undefined) this.#runs.set(key, [line]);
    else lines.push(line);
  }

  /** Hears of everything that has run in these threads: each tells things in their order. */
  async flush(
    port: number,
    threads: number,
    send: (port: number, pieces: readonly Buffer[]) => Promise<unknown>,
  ): Promise<void> {
    this.#flushed.clear();
    while (this.#flushed.size < threads) {
      await Promise.all(Array.from({ length: threads * 2 }, () => send(port, [BUSY])));
    }
  }

  /** The request lines that ran on a connection, once: the system gives the client's port out again. */
  take(server: number, client: number): readonly string[] {
    const key = `${server} ${client}`;
    const lines = this.#runs.get(key) ?? [];
    this.#runs.delete(key);
    return lines;
  }

  close(): void {
    this.#channel.close();
  }
}
