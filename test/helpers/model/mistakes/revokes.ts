/** Mistakes about loans that the acceptor takes back because their handler has had its time. */
import { REVOKED, RUNNING, stageOf } from '../../../../src/shared/memory/words.ts';
import { AlteredMemory } from '../altered-memory.ts';
import type { Mistake } from './mistake.ts';

/** A claim counts as the beginning, though the thread still holds the entry. */
export const STARTED_AT_ITS_CLAIM: Mistake = {
  acceptor: class extends AlteredMemory {
    override load(cell: number): number {
      const held = super.load(cell);
      return this.isA(cell, 'STARTED_AT') ? 1 : held;
    }
  },
};

/** The word is looked at and then stored. */
export const REVOKE_WITHOUT_SWAP: Mistake = {
  acceptor: class extends AlteredMemory {
    override compareExchange(cell: number, expected: number, value: number): number {
      if (!this.isA(cell, 'WORD') || stageOf(value) !== REVOKED) return super.compareExchange(cell, expected, value);
      const held = super.load(cell);
      if (held === expected) super.store(cell, value);
      return held;
    }
  },
};

/** The start of a connection's last request stands for the next one's. */
export const START_NOT_CLEARED: Mistake = {
  acceptor: class extends AlteredMemory {
    override store(cell: number, value: number): void {
      if (!this.isA(cell, 'STARTED_AT')) super.store(cell, value);
    }
  },
};

/** The thread writes on when its swap has failed. */
export const LATE_REPLY_WRITTEN: Mistake = {
  thread: class extends AlteredMemory {
    override compareExchange(cell: number, expected: number, value: number): number {
      const held = super.compareExchange(cell, expected, value);
      return this.isA(cell, 'WORD') && stageOf(expected) === RUNNING && stageOf(held) === REVOKED ? expected : held;
    }
  },
};
