/**
 * The app of a model's thread, and what stands between it and its loans: for request loans the real
 * `sendWhole`; for lent connections, whose real sockets need a kernel, the calls that
 * `lent-connection.ts` makes, in its order.
 */
import { closeSync, writeSync } from 'node:fs';
import { sendWhole } from '../../../src/app-adapter/direct-route/direct-loan.ts';
import type { HeldConnection, HeldRequest } from '../../../src/app-adapter/held-loan.ts';
import { type Answers, readTarget } from './configuration.ts';
import { RUN } from './effects.ts';
import { ADOPT, type Tape } from './tape.ts';

const DIRECT = { writeTimeoutMs: 0, log: (): void => {} };

/** A request that the app has and has not answered. */
interface Held {
  readonly client: number;
  readonly nth: number;
  readonly loan: HeldRequest | HeldConnection;
  /** Gives a reply; a final one ends the loan. */
  readonly reply: (bytes: Buffer, isFinal: boolean) => void;
  readonly giveUp: () => void;
  hasInformed: boolean;
}

/** A reply as one number; -1 for bytes that the app does not write. */
export const readReply = (bytes: Uint8Array): number => {
  const [client = 0, nth = 0, isInformational = 0] = bytes;
  return bytes.length === 3 ? 1 + ((client << 8) | (nth << 4) | isInformational) : -1;
};

const replyTo = ({ client, nth }: Held, isInformational: boolean): Buffer =>
  Buffer.from([client, nth, isInformational ? 1 : 0]);

export class ModelApp {
  readonly #tape: Tape;
  readonly #answers: Answers;
  readonly #held: Held[] = [];
  /** The newest loan, as a text. */
  newest = '';

  constructor(tape: Tape, answers: Answers) {
    this.#tape = tape;
    this.#answers = answers;
  }

  /** Requests that it may answer next. */
  get count(): number {
    return this.#held.length;
  }

  /** How it stands; `descriptorOf` says what a loan writes on. */
  describe(descriptorOf: (write: () => void) => number | undefined): unknown[] {
    return this.#held.map((held) => {
      const { client, nth, loan, hasInformed } = held;
      const descriptor = 'fd' in loan ? loan.fd : descriptorOf(() => loan.write(replyTo(held, false)));
      return [client, nth, loan.isOver, hasInformed, descriptor];
    });
  }

  serveRequest(loan: HeldRequest, target: string, keepAlive: boolean): void {
    const [client, nth] = readTarget(target);
    const reply = (bytes: Buffer, isFinal: boolean): void => {
      if (isFinal) sendWhole(loan, bytes, keepAlive, DIRECT);
      else if (loan.beginReply()) {
        loan.write(bytes);
        loan.endInformational();
      }
    };
    const held: Held = { client, nth, loan, reply, giveUp: () => loan.end(false), hasInformed: false };
    loan.borrower = {
      clientGone: (how) => how === 'reset' && this.#giveUp(held),
      revoked: () => this.#giveUp(held),
      drain() {},
    };
    this.#serve(held);
  }

  serveConnection(loan: HeldConnection): void {
    this.#tape.access(ADOPT, loan.fd, 0, 0);
    const [, target = ''] = loan.firstBytes.toString('latin1').split(' ');
    const [client, nth] = readTarget(target);
    loan.requestBegan();
    const reply = (bytes: Buffer, isFinal: boolean): void => {
      if (!loan.beginReply()) return;
      writeSync(loan.fd, bytes);
      loan.endReply();
      if (!isFinal) return;
      loan.requestEnded();
      closeSync(loan.fd);
      loan.giveBack();
    };
    const giveUp = (): void => {
      loan.requestEnded();
      closeSync(loan.fd);
      loan.close();
    };
    const held: Held = { client, nth, loan, reply, giveUp, hasInformed: false };
    loan.borrower = { revoked: () => this.#giveUp(held), drain() {} };
    this.#serve(held);
  }

  /** Goes on with a request. */
  answer(index: number): void {
    const held = this.#held[index] as Held;
    if (this.#answers === 'after-102' && !held.hasInformed) {
      held.hasInformed = true;
      this.#reply(held, false);
    } else {
      this.#held.splice(index, 1);
      this.#reply(held, true);
    }
  }

  #serve(held: Held): void {
    const { client, nth, loan } = held;
    this.newest = `${loan.slot} ${loan.index}`;
    this.#tape.effect(RUN, client, nth, (loan.slot << 20) | (loan.generation & 0xfffff));
    if (this.#answers === 'at-once') {
      this.#reply(held, true);
      return;
    }
    this.#held.push(held);
  }

  #reply(held: Held, isFinal: boolean): void {
    try {
      held.reply(replyTo(held, !isFinal), isFinal);
    } catch {
      // The client is gone.
      this.#giveUp(held);
    }
  }

  #giveUp(held: Held): void {
    const index = this.#held.indexOf(held);
    if (index !== -1) this.#held.splice(index, 1);
    held.giveUp();
  }
}
