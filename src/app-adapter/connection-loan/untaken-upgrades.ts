/**
 * What stands behind an Upgrade that nobody takes. Node serves such a request as any other, but its
 * parser stops behind it, the rest of the read is lost, and errors in the next head go unseen. Here
 * the parser gets that rest, and such an error is one. Worker threads.
 */
import type { Socket } from 'node:net';
import { parserOf, type NodeParser } from '../node-internals.ts';

export class UntakenUpgrades {
  #parser: NodeParser | undefined;

  /** Once node's server has the socket. */
  watch(socket: Socket): void {
    const parser = parserOf(socket);
    if (parser === undefined) return;
    this.#parser = parser;
    const execute = parser.execute;
    // An own property in front of the method: node takes parsers from a pool and puts them back there.
    Object.defineProperty(parser, 'execute', {
      value: (bytes: Buffer): number | Error => executeAll(parser, execute, bytes),
      configurable: true,
    });
  }

  /** Before node gives the parser to another connection. */
  forget(): void {
    if (this.#parser !== undefined) Reflect.deleteProperty(this.#parser, 'execute');
    this.#parser = undefined;
  }
}

const executeAll = (parser: NodeParser, execute: NodeParser['execute'], bytes: Buffer): number | Error => {
  let done = 0;
  for (;;) {
    const before = parser.incoming;
    const wasComplete = before?.complete === true;
    const rest = done === 0 ? bytes : bytes.subarray(done);
    const parsed = execute.call(parser, rest);
    if (typeof parsed !== 'number') return parsed;
    done += parsed;
    const { incoming } = parser;
    // Whole, or an upgrade that is taken: then the rest is the app's.
    if (done >= bytes.length || incoming?.upgrade === true) return done;
    const hasEnded = incoming?.complete === true && !(wasComplete && incoming === before);
    if (!hasEnded) return parseError();
  }
};

const parseError = (): Error =>
  Object.assign(new Error('Parse Error: Invalid bytes behind an upgrade'), {
    code: 'HPE_INTERNAL',
    reason: 'Invalid bytes behind an upgrade',
    bytesParsed: 0,
  });
