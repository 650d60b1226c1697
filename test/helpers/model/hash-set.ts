/** A set of rows, known by 64 bits of each: open addressing over typed arrays, numbers in order of arrival. */
const FIRST_CAPACITY = 1 << 16;

export class HashSet {
  #capacity = FIRST_CAPACITY;
  #low = new Int32Array(FIRST_CAPACITY);
  #high = new Int32Array(FIRST_CAPACITY);
  /** Number + 1; 0: free. */
  #number = new Int32Array(FIRST_CAPACITY);
  size = 0;

  /** The row's number if it is known; else it gets the next one, and the complement of that is given. */
  add(row: Int32Array): number {
    let low = 0x9e3779b9 | 0;
    let high = 0x85ebca6b | 0;
    for (let at = 0; at < row.length; at += 1) {
      const value = row[at] as number;
      low = Math.imul(low ^ value, 0x01000193);
      low ^= low >>> 15;
      high = Math.imul(high ^ value, 0xcc9e2d51 | 0);
      high = (high << 13) | (high >>> 19);
    }
    low = Math.imul(low ^ (low >>> 16), 0x7feb352d);
    high = Math.imul(high ^ (high >>> 15), 0x846ca68b | 0);
    const place = this.#find(low, high);
    const known = this.#number[place] as number;
    if (known !== 0) return known - 1;
    this.#low[place] = low;
    this.#high[place] = high;
    this.size += 1;
    this.#number[place] = this.size;
    if (this.size * 2 > this.#capacity) this.#grow();
    return ~(this.size - 1);
  }

  #find(low: number, high: number): number {
    const mask = this.#capacity - 1;
    let place = (low ^ Math.imul(high, 0x27d4eb2f)) & mask;
    while (this.#number[place] !== 0 && (this.#low[place] !== low || this.#high[place] !== high))
      place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const { low, high, number } = { low: this.#low, high: this.#high, number: this.#number };
    this.#capacity *= 2;
    this.#low = new Int32Array(this.#capacity);
    this.#high = new Int32Array(this.#capacity);
    this.#number = new Int32Array(this.#capacity);
    for (let at = 0; at < number.length; at += 1) {
      if (number[at] === 0) continue;
      const place = this.#find(low[at] as number, high[at] as number);
      this.#low[place] = low[at] as number;
      this.#high[place] = high[at] as number;
      this.#number[place] = number[at] as number;
    }
  }
}
