/**
 * The web `Request` that fetch apps get. A signal given to `new Request()` costs more than all the
 * rest (25 to 100 us), and few apps look at it: here it is made when it is asked for. Worker thread.
 */

export interface LentRequestClass {
  new (url: string, init: RequestInit, makeSignal: () => AbortSignal): Request;
}

export type RequestInit = NonNullable<ConstructorParameters<typeof Request>[1]>;

/** As the typings do not have it: they give `signal` and `clone` as fields of the instance. */
type BareRequestClass = new (url: string, init: RequestInit) => object;

/** A function, so that threads whose app is no fetch app do not load node's fetch. */
export function createLentRequestClass(): LentRequestClass {
  const cloneOf = Request.prototype.clone;
  class LentRequest extends (Request as BareRequestClass) {
    readonly #makeSignal: () => AbortSignal;
    #signal: AbortSignal | undefined;

    constructor(url: string, init: RequestInit, makeSignal: () => AbortSignal) {
      super(url, init);
      this.#makeSignal = makeSignal;
    }

    get signal(): AbortSignal {
      return (this.#signal ??= this.#makeSignal());
    }

    /** Else the clone would have the inner signal, which nobody aborts. */
    clone(): Request {
      return new Request(Reflect.apply(cloneOf, this, []), { signal: this.signal });
    }
  }
  return LentRequest as unknown as LentRequestClass;
}
