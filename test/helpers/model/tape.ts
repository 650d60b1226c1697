/**
 * How real code is run one shared access at a time. Every access, to shared memory or to the kernel,
 * asks the tape; the tape answers what was written on it before, and at the first access beyond
 * throws, so that the code stops exactly there. What the code does is determined by the answers, so
 * running it again with one more answer takes it one access further.
 */

/** Operations on shared memory: place, value, second value. */
export const LOAD = 0;
export const STORE = 1;
export const SWAP = 2;
export const EXCHANGE = 3;
export const ADD = 4;
export const OR = 5;
/** A store that frees an entry whose content (second value) was read. */
export const STORE_AFTER_READ = 6;
/** Calls to the kernel that others can see. */
export const WRITE = 7; // a thread, on a descriptor; or a bell
export const CLOSE = 8;
export const DUPLICATE = 9;
export const IS_RESET = 10;
export const WRITE_OWN = 11; // the acceptor, a reply of its own
export const END_OWN = 12; // the acceptor ends its side
export const CLOSE_OWN = 13; // the acceptor's socket closes
export const INODE = 14; // which file a descriptor is; 0: none
export const ADOPT = 15; // a thread's from now on: closed when it dies

/** Whether it is one of shared memory. */
export const isOfMemory = ({ operation }: Access): boolean => operation <= STORE_AFTER_READ;

export interface Access {
  readonly operation: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

class Suspended extends Error {
  override name = 'Suspended';
}

/** One for all: an Error made anew costs its stack trace. */
const SUSPENDED = new Suspended('The code stops here until its access is answered.');

export class Tape {
  #answers: readonly number[] = [];
  /** The next answer. */
  position = 0;
  #isStopped = false;
  #isProbe = false;
  /** The access that has no answer. */
  pending: Access | undefined;
  /** The last access of a probe. */
  probed: Access | undefined;
  /** What the code told others since its last answered access, in fours. */
  effects: number[] = [];

  /** What is run next finds its answers there; it takes as many as it asks for. */
  feed(answers: readonly number[], position: number): void {
    this.#answers = answers;
    this.position = position;
    this.effects = [];
  }

  /** From now on all accesses read 0 and change nothing: to find out how objects stand that are thrown away then. */
  probe(): void {
    this.#isProbe = true;
  }

  access(operation: number, a: number, b: number, c: number): number {
    if (this.#isProbe) {
      this.probed = { operation, a, b, c };
      return 0;
    }
    // Code that catches everything is not to go on.
    if (this.#isStopped) throw SUSPENDED;
    if (this.position < this.#answers.length) {
      this.effects = [];
      return this.#answers[this.position++] as number;
    }
    this.pending = { operation, a, b, c };
    this.#isStopped = true;
    throw SUSPENDED;
  }

  effect(kind: number, a: number, b: number, c: number): void {
    if (!this.#isStopped && !this.#isProbe) this.effects.push(kind, a, b, c);
  }
}
