/**
 * A mistake put into the protocol on purpose: the real code, over a memory that at one place does
 * something else than it was asked to. Each is one rule left out, or in an earlier wording.
 */
import type { Memory } from '../../../../src/shared/memory/cells.ts';
import type { Surroundings } from '../altered-memory.ts';

export type Altered = new (real: Memory, around: Surroundings) => Memory;

export interface Mistake {
  /** What goes wrong in whose code. */
  readonly acceptor?: Altered;
  readonly thread?: Altered;
  /** The generations in memory are not the ones that the code knows. */
  readonly translatesGenerations?: boolean;
}

/** An entry's states, as in `request-ring.ts`. */
export const FREE = 0;
export const BUSY = 1;
