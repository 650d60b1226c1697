/**
 * Makes states alike that differ only in what is over: counts that both sides have agreed on, letters
 * that were read. Done only while neither side is in the middle of using them, so that nobody can
 * tell. It halves the number of states, and makes loops of what would count on for ever.
 */
import type { Places } from './places.ts';
import type { Row, RowShape } from './row.ts';

/** A line's places, looked up once. */
export class LineAtRest {
  readonly #taken: number;
  readonly #claimNumber: number;
  readonly #claimIndex: number;
  readonly #mailHead: number;
  readonly #mailTail: number;
  readonly #letters: readonly number[];

  constructor(places: Places, line: number) {
    this.#taken = places.named('TAKEN', line);
    this.#claimNumber = places.named('CLAIM_NUMBER', line);
    this.#claimIndex = places.named('CLAIM_INDEX', line);
    this.#mailHead = places.named('MAIL_HEAD', line);
    this.#mailTail = places.named('MAIL_TAIL', line);
    this.#letters = places.letters(line);
  }

  /** The thread is between two events, or gone. */
  forgetClaims(state: Row, shape: RowShape): void {
    const taken = state[this.#taken] as number;
    if (taken !== state[this.#claimNumber]) return;
    state[shape.taken] = (state[shape.taken] as number) + taken;
    state[this.#taken] = 0;
    state[this.#claimNumber] = 0;
    state[this.#claimIndex] = 0;
  }

  /** So is the acceptor. */
  forgetMail(state: Row): void {
    const head = state[this.#mailHead] as number;
    if (head === 0 || head !== state[this.#mailTail]) return;
    for (const letter of this.#letters) state[letter] = 0;
    state[this.#mailHead] = 0;
    state[this.#mailTail] = 0;
  }
}
