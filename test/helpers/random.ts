/**
 * Random numbers that a seed decides, so that a failing run can be had again: the seed is printed,
 * and HYPERION_SEED sets it. One `Random` per connection (`fork`), so that the order in which
 * sockets happen to answer does not change what each of them sends.
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 <= x < 1. mulberry32: small, fast, good enough to shuffle requests with. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError('Nothing to pick from');
    return item;
  }

  /** One of the keys, with a probability proportional to its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries<number>(weights) as [K, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new RangeError('Nothing to choose from');
  }

  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}

/** HYPERION_SEED, or one made of the clock. Print it: a failure without its seed is lost. */
export const seedFromEnvironment = (): number => {
  const given = process.env['HYPERION_SEED'];
  return given === undefined ? Date.now() % 2 ** 32 : Number(given);
};
