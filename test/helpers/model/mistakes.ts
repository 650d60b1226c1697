/**
 * Mistakes put into the protocol on purpose: the real code, over a memory that does something else
 * than it was asked to at one place. Each is one rule left out, or in an earlier wording.
 */
import type { Memory } from '../../../src/shared/cells.ts';
import { ASLEEP, AWAKE } from '../../../src/shared/thread-line.ts';
import { generationOf, IDLE, makeWord, MORE, REPLYING, RUNNING, stageOf, WAITING } from '../../../src/shared/words.ts';
import { AlteredMemory, type Surroundings } from './altered-memory.ts';
import { CLOSED, EXIT, READY_MESSAGE } from './events.ts';

export type Altered = new (real: Memory, around: Surroundings) => Memory;

export interface Mistake {
  /** What goes wrong in whose code. */
  readonly acceptor?: Altered;
  readonly thread?: Altered;
  /** The generations in memory are not the ones that the code knows. */
  readonly translatesGenerations?: boolean;
}

const FREE = 0;
const BUSY = 1;

// --- Words ------------------------------------------------------------------------------------------

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

// --- Sleep ------------------------------------------------------------------------------------------

/** No second look at the queue after "asleep". */
export const NO_SECOND_LOOK: Mistake = {
  thread: class extends AlteredMemory {
    #looksAway = false;

    override store(cell: number, value: number): void {
      super.store(cell, value);
      this.#looksAway = this.isA(cell, 'THREAD_STATE') && value === ASLEEP;
    }

    override load(cell: number): number {
      if (this.#looksAway && this.isA(cell, 'QUEUE_TAIL')) return 0;
      if (this.#looksAway && this.isA(cell, 'QUEUE_HEAD')) {
        this.#looksAway = false;
        return 0;
      }
      return super.load(cell);
    }
  },
};

/** During one kind of event no thread is seen asleep. */
const ringsNobody = (kind: number): Altered =>
  class extends AlteredMemory {
    override load(cell: number): number {
      const looksAway = this.around.happening().kind === kind && this.isA(cell, 'THREAD_STATE');
      return looksAway ? AWAKE : super.load(cell);
    }
  };

/** No ring after a death. */
export const NO_RING_AFTER_DEATH: Mistake = { acceptor: ringsNobody(EXIT) };

/** No ring for what was put before a new thread's bell was known. */
export const NO_RING_WHEN_READY: Mistake = { acceptor: ringsNobody(READY_MESSAGE) };

/** The acceptor answers its bell when it has read the mail. */
export const BELL_ANSWERED_AFTER_MAIL: Mistake = {
  acceptor: class extends AlteredMemory {
    #flag = -1;

    override exchange(cell: number, value: number): number {
      if (!this.isA(cell, 'RANG_ACCEPTOR')) return super.exchange(cell, value);
      const held = this.load(cell);
      if (held === 1) this.#flag = cell;
      return held;
    }

    override load(cell: number): number {
      const held = super.load(cell);
      if (this.#flag !== -1 && this.isA(cell, 'MAIL_TAIL')) {
        super.exchange(this.#flag, 0);
        this.#flag = -1;
      }
      return held;
    }
  },
};

/** "Look at all of mine" is not heeded. */
export const FULL_MAILBOX_IGNORED: Mistake = {
  acceptor: class extends AlteredMemory {
    override exchange(cell: number, value: number): number {
      const held = super.exchange(cell, value);
      return this.isA(cell, 'MAIL_ALL') ? 0 : held;
    }
  },
};

// --- The ring ---------------------------------------------------------------------------------------

/** From a moment on until its event is over the acceptor finds no entry free. */
abstract class Blind extends AlteredMemory {
  #blindIn = -1;

  protected lookAway(): void {
    this.#blindIn = this.around.happening().nth;
  }

  override load(cell: number): number {
    const isBlind = this.#blindIn === this.around.happening().nth && this.isA(cell, 'ENTRY_STATE');
    return isBlind ? BUSY : super.load(cell);
  }
}

/** Overflow: no retry after the flag is set. */
export const NO_RETRY_AFTER_FLAG: Mistake = {
  acceptor: class extends Blind {
    override store(cell: number, value: number): void {
      super.store(cell, value);
      if (this.isA(cell, 'OVERFLOW') && value === 1) this.lookAway();
    }
  },
};

/** Overflow is not drained after a cancel. */
export const NO_DRAIN_AFTER_CANCEL: Mistake = {
  acceptor: class extends Blind {
    override compareExchange(cell: number, expected: number, value: number): number {
      const found = super.compareExchange(cell, expected, value);
      if (this.isA(cell, 'WORD') && stageOf(expected) === WAITING && found === expected) this.lookAway();
      return found;
    }
  },
};

/** A cancelled entry is not freed. */
export const CANCELLED_ENTRY_KEPT: Mistake = {
  acceptor: class extends AlteredMemory {
    override store(cell: number, value: number): void {
      const isCancel = this.around.happening().kind === CLOSED && this.isA(cell, 'ENTRY_STATE');
      if (!isCancel || value !== FREE) super.store(cell, value);
    }
  },
};

/** The acceptor moves no head: "full" is judged by one that a thread has yet to move. */
export const HEAD_LEFT_TO_THREADS: Mistake = {
  acceptor: class extends AlteredMemory {
    #head = 0;
    #steps = 0;

    override load(cell: number): number {
      // `skipTaken` reads the head, its entry's slot, its word: let that say that it waits.
      const { kind } = this.placeOf(cell);
      if (kind === 'QUEUE_HEAD') {
        this.#steps = 1;
        return (this.#head = super.load(cell));
      }
      if (kind === 'WORD' && this.#steps === 2) {
        this.#steps = 0;
        return makeWord(WAITING, 0, this.#head);
      }
      this.#steps = kind === 'ENTRY_SLOT' && this.#steps === 1 ? 2 : 0;
      return super.load(cell);
    }
  },
};

/** An entry is used again as soon as the head has passed it. */
export const ENTRY_REUSED_UNFREED: Mistake = {
  acceptor: class extends AlteredMemory {
    override load(cell: number): number {
      const held = super.load(cell);
      return this.isA(cell, 'ENTRY_STATE') && this.around.happening().kind !== EXIT ? FREE : held;
    }
  },
};

/** A thread looks at the overflow flag before it frees its entry. */
export const FLAG_READ_BEFORE_FREEING: Mistake = {
  thread: class extends AlteredMemory {
    #freed = -1;

    override store(cell: number, value: number): void {
      if (this.isA(cell, 'ENTRY_STATE')) this.#freed = cell;
      else super.store(cell, value);
    }

    override load(cell: number): number {
      const held = super.load(cell);
      if (this.#freed !== -1 && this.isA(cell, 'OVERFLOW')) {
        super.store(this.#freed, FREE);
        this.#freed = -1;
      }
      return held;
    }
  },
};

// --- Deaths -----------------------------------------------------------------------------------------

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
