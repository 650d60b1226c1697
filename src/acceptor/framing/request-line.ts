/**
 * The beginning of a request, kept while a thread has it: what the log says about a handler that
 * takes too long. The ring entry has been used again by then, and a thread that hangs can't be asked.
 * Kept only where handlers have a time limit. Main thread.
 */

/** Method, path and a little more of nearly all requests; a longer path is cut. */
const KEPT_BYTES = 256;

/** What is logged of a request. */
export interface Route {
  readonly method: string | undefined;
  /** Without the query, which may hold what is not for logs; ends with … if it was cut. */
  readonly path: string | undefined;
}

export class RequestLine {
  readonly #bytes: Buffer = Buffer.allocUnsafe(KEPT_BYTES);
  #length = 0;

  /** Copies the first bytes of `bytes[start, end)`. */
  keep(bytes: Uint8Array, start: number, end: number): void {
    this.#length = Math.min(end - start, KEPT_BYTES);
    this.#bytes.set(bytes.subarray(start, start + this.#length));
  }

  get route(): Route {
    return routeOf(this.#bytes.toString('latin1', 0, this.#length), this.#length === KEPT_BYTES);
  }
}

/** Reads a request's first bytes, which may be no request line at all. Pure. */
export function routeOf(text: string, isCut: boolean): Route {
  const [line, method, path] = /^[\r\n]*([!-~]+) +([!->@-~]*)/.exec(text) ?? [];
  return { method, path: isCut && line?.length === text.length ? `${path}…` : path };
}
