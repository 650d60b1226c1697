/** Mistakes about the ring and the overflow list. */
import { makeWord, stageOf, WAITING } from '../../../../src/shared/memory/words.ts';
import { AlteredMemory } from '../altered-memory.ts';
import { CLOSED, EXIT } from '../events.ts';
import { BUSY, FREE, type Mistake } from './mistake.ts';

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
