/**
 * What a scenario of the differential test is: a server's side (options, listeners, handler) and a
 * client's side. The same scenario runs behind plain `http.createServer` and behind ours; what the
 * client receives and the log of everything that `req`, `res` and their socket emit are compared.
 */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Client } from './client.ts';
import type { LoanKind } from './known-differences.ts';

/** What a handler gets beside req and res. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly server: Server;
  /** From 1, in the order in which the requests of a scenario reach the app. */
  readonly number: number;
  /** Adds a line to the log that is compared. */
  log(line: string): void;
  /** Tells the client that the handler is here. */
  reached(place: string): void;
  /** Waits until the client says so. */
  told(what: string): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  readonly options?: ServerOptions;
  /** The server is made while `events.captureRejections` is on. */
  readonly capturesRejections?: true;
  /** Moves so many bytes that nothing beside it is on time: runs alone. */
  readonly isHeavy?: true;
  /** How often something drains depends on the kernel's buffers: it is not logged. */
  readonly drainsOften?: true;
  /** Changes the server before it serves: listeners, time-outs. */
  readonly prepare?: (server: Server, log: (line: string) => void) => void;
  readonly handle: (exchange: Exchange) => unknown;
  /** Sends `request` on one connection unless given. */
  readonly client?: (client: Client) => Promise<void>;
  /** What the given client sends: `GET` of the scenario's path unless given. */
  readonly request?: RequestParts;
  /** How many exchanges close (both `req` and `res`) before the logs are looked at; 1 unless given. */
  readonly exchanges?: number;
  /** Lines that the log must have before it is looked at, instead of the `'close'` events. */
  readonly until?: readonly string[];
  /**
   * The kind of loan that it is about: the head of a request is not simple, or what happens on the
   * other kind depends on who is faster.
   */
  readonly only?: LoanKind;
}

export interface RequestParts {
  readonly method?: string;
  readonly version?: string;
  /** Lines, in order. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** The bytes of a request to a scenario, in one run of it. */
export const requestText = (
  name: string,
  run: number,
  parts: RequestParts = {},
  extraHeaders: readonly string[] = [],
): string => {
  const { method = 'GET', version = '1.1', headers = [], body } = parts;
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
  const lines = ['Host: test', ...headers, ...length, ...extraHeaders];
  return `${method} /${name}?${run} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
};
