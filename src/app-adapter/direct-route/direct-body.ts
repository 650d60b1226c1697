/**
 * Bodies that are not known when the head is written. In comes a web stream or an async iterable,
 * out comes an iterator of byte chunks that can be left at any time: leaving it cancels the source
 * at once, even while the source is still waiting for its next chunk. Worker thread.
 */

export type BodySource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** Not a generator: `return()` of a generator waits for the pending `next()`. Here it waits for nothing. */
export interface ByteIterator extends AsyncIterableIterator<Uint8Array> {
  return(): Promise<IteratorResult<Uint8Array>>;
}

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** Turns of the microtask queue that a stream gets to show that it has no more: a string body takes 2 or 3. */
const PEEK_TURNS = 6;

export function iterateBytes(source: BodySource): ByteIterator {
  return source instanceof ReadableStream ? new ReaderBytes(source.getReader()) : new IteratorBytes(source);
}

/**
 * The whole body if it has at most one chunk and that is there already, as in `new Response(text)`;
 * else an iterator over all of it.
 */
export async function peekBody(stream: ReadableStream<Uint8Array>): Promise<Uint8Array | ByteIterator> {
  const reader = stream.getReader();
  const first = reader.read();
  const firstResult = await settledSoon(first);
  if (firstResult === undefined) return new ReaderBytes(reader, first);
  if (firstResult.done === true) return new Uint8Array();
  const second = reader.read();
  const secondResult = await settledSoon(second);
  return secondResult?.done === true ? toBytes(firstResult.value) : new ReaderBytes(reader, first, second);
}

type Read = ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>;

async function settledSoon(read: Read): Promise<Awaited<Read> | undefined> {
  let result: Awaited<Read> | undefined;
  // A rejection is not lost: whoever iterates awaits the same promise.
  read.then(
    (value) => (result = value),
    () => {},
  );
  for (let turn = 0; turn < PEEK_TURNS && result === undefined; turn += 1) await Promise.resolve();
  return result;
}

class ReaderBytes implements ByteIterator {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #begun: Read[];

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, ...begun: Read[]) {
    this.#reader = reader;
    this.#begun = begun;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const { done, value } = await (this.#begun.shift() ?? this.#reader.read());
    return done ? DONE : { done: false, value: toBytes(value) };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#reader.cancel().catch(() => {});
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class IteratorBytes implements ByteIterator {
  readonly #source: AsyncIterable<Uint8Array | string> & { destroy?: unknown };
  readonly #iterator: AsyncIterator<Uint8Array | string>;

  constructor(source: AsyncIterable<Uint8Array | string>) {
    this.#source = source;
    this.#iterator = source[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const { done, value } = await this.#iterator.next();
    return done === true ? DONE : { done: false, value: toBytes(value) };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    // A node stream: its iterator would wait for the next chunk first.
    if (typeof this.#source.destroy === 'function') this.#source.destroy();
    this.#iterator.return?.().catch(() => {});
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw new TypeError(`Expected the chunks of a body to be strings or Uint8Arrays, got ${typeof chunk}`);
}
