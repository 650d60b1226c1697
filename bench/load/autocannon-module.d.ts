/** The little of autocannon that we use; it has no types of its own. */
declare module 'autocannon' {
  interface Options {
    readonly url: string;
    readonly connections: number;
    readonly duration: number;
  }
  interface Result {
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
    readonly duration: number;
    readonly requests: { readonly total: number };
    readonly latency: Readonly<Record<'mean' | 'p50' | 'p90' | 'p99' | 'p99_9' | 'max', number>>;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
