/** Mistakes about connection words. */
import {
  generationOf,
  IDLE,
  makeWord,
  MORE,
  REPLYING,
  RUNNING,
  stageOf,
  WAITING,
} from '../../../../src/shared/memory/words.ts';
import { AlteredMemory } from '../altered-memory.ts';
import type { Mistake } from './mistake.ts';

/** An idle word has no owner. */
export const IDLE_WORD_WITHOUT_OWNER: Mistake = {
  thread: class extends AlteredMemory {
    override compareExchange(cell: number, expected: number, value: number): number {
      const isEnd = this.isA(cell, 'WORD') && stageOf(value) === IDLE;
      return super.compareExchange(cell, expected, isEnd ? makeWord(IDLE, 0, generationOf(value)) : value);
    }
  },
};

/** A loan ends by a load and a store. */
export const END_WITHOUT_SWAP: Mistake = {
  thread: class extends AlteredMemory {
    override compareExchange(cell: number, expected: number, value: number): number {
      if (!this.isA(cell, 'WORD') || stageOf(value) !== IDLE) return super.compareExchange(cell, expected, value);
      const found = this.load(cell);
      if (found === expected) this.store(cell, value);
      return found;
    }
  },
};

/** `more` gets lost when a reply begins. */
export const REPLY_FORGETS_MORE: Mistake = {
  thread: class extends AlteredMemory {
    override compareExchange(cell: number, expected: number, value: number): number {
      const begins = this.isA(cell, 'WORD') && stageOf(value) === REPLYING;
      return super.compareExchange(cell, expected, begins ? value & ~MORE : value);
    }
  },
};

/** The word says `replying` only when the reply is written. */
export const REPLY_BEFORE_ITS_SWAP: Mistake = {
  thread: class extends AlteredMemory {
    #skipped = 0;

    override compareExchange(cell: number, expected: number, value: number): number {
      if (!this.isA(cell, 'WORD')) return super.compareExchange(cell, expected, value);
      if (stageOf(value) === REPLYING && stageOf(expected) === RUNNING) {
        this.#skipped = expected;
        return expected;
      }
      if (this.#skipped !== 0 && stageOf(expected) === REPLYING) super.compareExchange(cell, this.#skipped, expected);
      return super.compareExchange(cell, expected, value);
    }
  },
};

/** The word says `waiting` only when the tail has moved. */
export const TAIL_BEFORE_WORD: Mistake = {
  acceptor: class extends AlteredMemory {
    #held: readonly [cell: number, expected: number, value: number] | undefined;

    override compareExchange(cell: number, expected: number, value: number): number {
      if (!this.isA(cell, 'WORD') || stageOf(value) !== WAITING) return super.compareExchange(cell, expected, value);
      this.#held = [cell, expected, value];
      return expected;
    }

    override store(cell: number, value: number): void {
      super.store(cell, value);
      if (this.#held === undefined || !this.isA(cell, 'QUEUE_TAIL')) return;
      super.compareExchange(...this.#held);
      this.#held = undefined;
    }
  },
};
