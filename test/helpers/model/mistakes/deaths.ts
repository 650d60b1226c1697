/** Mistakes about the settlement of dead threads. */
import { generationOf, IDLE, makeWord, stageOf } from '../../../../src/shared/memory/words.ts';
import { AlteredMemory } from '../altered-memory.ts';
import { EXIT } from '../events.ts';
import { FREE, type Mistake } from './mistake.ts';

/** A death settles only words that are running or replying. */
export const IDLE_WORDS_NOT_SETTLED: Mistake = {
  acceptor: class extends AlteredMemory {
    /** The entries are settled, the words are looked at. */
    #isAtWords = false;

    override load(cell: number): number {
      const held = super.load(cell);
      if (this.isA(cell, 'CLAIM_NUMBER')) this.#isAtWords = true;
      const isMissed = this.#isAtWords && this.isA(cell, 'WORD') && stageOf(held) === IDLE;
      return isMissed ? makeWord(IDLE, 0, generationOf(held)) : held;
    }

    override store(cell: number, value: number): void {
      super.store(cell, value);
      if (this.isA(cell, 'THREAD_STATE')) this.#isAtWords = false;
    }
  },
};

/** A claim that a thread died before counting stays in `pending`. */
export const UNCOUNTED_CLAIM_FORGOTTEN: Mistake = {
  acceptor: class extends AlteredMemory {
    #taken = 0;

    override load(cell: number): number {
      const held = super.load(cell);
      if (this.isA(cell, 'TAKEN')) this.#taken = held;
      return this.isA(cell, 'CLAIM_NUMBER') ? this.#taken : held;
    }
  },
};

/** Entries that a dead thread had claimed stay its own. */
export const HELD_ENTRIES_KEPT: Mistake = {
  acceptor: class extends AlteredMemory {
    override store(cell: number, value: number): void {
      const isSettled = this.around.happening().kind === EXIT && this.isA(cell, 'ENTRY_STATE');
      if (!isSettled || value !== FREE) super.store(cell, value);
    }
  },
};
