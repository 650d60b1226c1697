/** Mistakes about sleeping, ringing and mail. */
import { ASLEEP, AWAKE } from '../../../../src/shared/memory/thread-line.ts';
import { AlteredMemory } from '../altered-memory.ts';
import { EXIT, READY_MESSAGE } from '../events.ts';
import type { Altered, Mistake } from './mistake.ts';

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
