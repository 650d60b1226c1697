/**
 * What the main thread and a worker thread tell each other over a MessagePort: everything that is
 * rare. What happens at each request goes through shared memory instead.
 */
import type { Layout } from './memory/layout.ts';
import type { ThreadOptions } from './options/options.ts';

/** A level that a record has. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export type LogFields = Readonly<Record<string, unknown>>;

/** What a thread is started with. */
export interface ThreadStart {
  readonly buffer: SharedArrayBuffer;
  readonly layout: Layout;
  readonly line: number;
  /** 0-based place in the pool; a replacement takes the place of the thread that ended. */
  readonly threadNumber: number;
  /** The read end of the thread's bell. */
  readonly bellDescriptor: number;
  /** The write end of the acceptor's bell. */
  readonly acceptorBellDescriptor: number;
  readonly options: ThreadOptions;
  /** Where the server really listens. */
  readonly port: number;
}

/** An error as plain values: a clone keeps neither its class nor its code. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Why a thread asks to be replaced. */
export type OverLimit =
  /** JavaScript heap and what it holds outside of it, in bytes, over `maxThreadHeapBytes`. */
  | { readonly reason: 'memory'; readonly heapBytes: number }
  /** Requests that it has served, as many as `recycleAfterRequests`. */
  | { readonly reason: 'requests'; readonly served: number };

export type ToThread =
  /** After `loaded`: take requests from now on. */
  | { readonly type: 'serve' }
  /** Take no more requests, finish what runs, then close the app and end. */
  | { readonly type: 'retire' }
  /** The client of the loan (slot, generation) has left. */
  | { readonly type: 'client-gone'; readonly slot: number; readonly generation: number; readonly how: 'end' | 'reset' }
  /** The answer to `need-duplicate`. */
  | { readonly type: 'duplicate'; readonly slot: number; readonly generation: number; readonly descriptor: number }
  /** The loan (slot, generation) was taken back. */
  | { readonly type: 'revoked'; readonly slot: number; readonly generation: number }
  /** The server drains: replies say `connection: close`, lent connections come back. */
  | { readonly type: 'drain' }
  /** Close the app and end, whatever runs. */
  | { readonly type: 'stop' };

export type FromThread =
  /** The first message: the thread runs, its app is not loaded yet. */
  | { readonly type: 'started'; readonly threadId: number }
  /** The app is loaded. The thread waits to be told to serve. */
  | { readonly type: 'loaded' }
  /** The app could not be loaded: what an error loses when it is cloned. */
  | { readonly type: 'load-failed'; readonly error: PlainError }
  /** The thread takes requests. */
  | { readonly type: 'ready' }
  /** It wants to be replaced; told again and again as long as that is so. */
  | ({ readonly type: 'over-limit' } & OverLimit)
  /** The app is being closed. */
  | { readonly type: 'closing' }
  /** The last message: the app is closed, the thread can be terminated. */
  | { readonly type: 'closed' }
  /** A reply is blocked: the loan (slot, generation) goes on with a duplicate of its descriptor. */
  | { readonly type: 'need-duplicate'; readonly slot: number; readonly generation: number }
  /** Close the connection if it is still idle in this generation. */
  | { readonly type: 'close-if-idle'; readonly slot: number; readonly generation: number }
  /** A request of a connection that the thread reads itself has had its time: it was answered 504, or its reply cut. */
  | {
      readonly type: 'handler-late';
      readonly method: string | undefined;
      readonly path: string | undefined;
      readonly ranMs: number;
      readonly outcome: '504' | 'cut';
    }
  | { readonly type: 'log'; readonly level: LogLevel; readonly fields: LogFields; readonly message: string };
