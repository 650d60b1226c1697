/**
 * The mistake that needs most: a generation counted by each connection for itself, which a thread
 * reads from the entry beside the slot. It reads the slot, is descheduled, the entry is rewritten for
 * another connection, it reads that one's generation, and the pair fits a request that waits in
 * another entry. The real code keeps the ring index as generation and reads the slot alone; this
 * memory translates between the two at every access to a word.
 */
import type { Memory } from '../../../../src/shared/memory/cells.ts';
import { entryCell } from '../../../../src/shared/memory/layout.ts';
import { generationOf, makeWord, MORE, ownerOf, stageOf, WAITING } from '../../../../src/shared/memory/words.ts';
import { AlteredMemory, type Surroundings } from '../altered-memory.ts';
import { ENTRY_SPARE } from '../places.ts';
import type { Mistake } from './mistake.ts';

const withGeneration = (word: number, generation: number): number =>
  makeWord(stageOf(word), ownerOf(word), generation) | (word & MORE);

abstract class CountedGenerations extends AlteredMemory {
  /** The connection's count by the generation that the code knows: low bits of a ring index. */
  readonly #counts = new Map<number, number>();
  #head = 0;
  #looksAtHead = false;

  constructor(real: Memory, around: Surroundings) {
    super(real, around);
  }

  protected spareOf(index: number): number {
    return entryCell(this.around.layout, index) + ENTRY_SPARE;
  }

  protected know(generation: number, count: number): void {
    this.#counts.set(generation, count);
  }

  override load(cell: number): number {
    const { kind } = this.placeOf(cell);
    if (kind === 'QUEUE_HEAD') {
      this.#head = super.load(cell);
      return this.#head;
    }
    if (kind === 'ENTRY_SLOT') this.#looksAtHead = true;
    else if (kind === 'WORD' && this.#looksAtHead) {
      this.#looksAtHead = false;
      // The slot was read before; this is the entry's generation, perhaps of what stands there now.
      const count = super.load(this.spareOf(this.#head));
      const generation = generationOf(makeWord(0, 0, this.#head));
      this.know(generation, count);
      return this.#translate(super.load(cell), count, generation);
    }
    return super.load(cell);
  }

  override compareExchange(cell: number, expected: number, value: number): number {
    const count = this.isA(cell, 'WORD') ? this.#counts.get(generationOf(expected)) : undefined;
    if (count === undefined) return super.compareExchange(cell, expected, value);
    const found = super.compareExchange(cell, withGeneration(expected, count), withGeneration(value, count));
    return this.#translate(found, count, generationOf(expected));
  }

  /** What the code is to see: its generation if the count fits, else one that does not. */
  #translate(word: number, count: number, generation: number): number {
    return withGeneration(word, generationOf(word) === count ? generation : generation + 1);
  }
}

export const GENERATION_OF_CONNECTION: Mistake = {
  translatesGenerations: true,
  thread: class extends CountedGenerations {},
  acceptor: class extends CountedGenerations {
    override compareExchange(cell: number, expected: number, value: number): number {
      if (!this.isA(cell, 'WORD') || stageOf(value) !== WAITING) return super.compareExchange(cell, expected, value);
      const before = generationOf(expected);
      // A connection in a later slot has had requests before: the counts meet sooner.
      const count = before + 1 + (before === 0 ? this.placeOf(cell).of : 0);
      this.know(generationOf(value), count);
      this.real.store(this.spareOf(generationOf(value)), count);
      return this.real.compareExchange(cell, expected, withGeneration(value, count));
    }
  },
};
