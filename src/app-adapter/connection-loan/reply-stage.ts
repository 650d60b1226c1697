/**
 * Keeps the acceptor's word for a lent connection right: `lentReplying` from before the first byte of
 * a reply until its last is with the kernel, and in between 1xx and the final reply `lent` again, so
 * that the acceptor may still answer for a thread that hangs. Worker threads.
 */
import type { ConnectionLoan } from '../loan.ts';

export class ReplyStage {
  readonly #loan: ConnectionLoan;
  #hasBegun = false;
  #isFinal = false;

  constructor(loan: ConnectionLoan) {
    this.#loan = loan;
  }

  /** Whether bytes of a reply, or of a 1xx that is not yet with the kernel, are on their way. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Before bytes. False: the loan was taken back, write nothing. */
  begin(isFinal: boolean): boolean {
    if (this.#loan.isOver) return false;
    if (isFinal) this.#isFinal = true;
    this.#hasBegun ||= this.#loan.beginReply();
    return this.#hasBegun;
  }

  /** All that was written is with the kernel; it ends a stage of 1xx only. */
  endInformational(): void {
    if (!this.#isFinal) this.end();
  }

  /** The reply is whole and with the kernel. */
  end(): void {
    if (!this.#hasBegun) return;
    this.#hasBegun = false;
    this.#isFinal = false;
    this.#loan.endReply();
  }
}
