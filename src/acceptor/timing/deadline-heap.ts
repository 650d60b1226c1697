/**
 * Which connection must be looked at next: a binary heap by time. Connections are put in once and
 * looked at when their time comes; most have new times by then and are put in again, so that a
 * request costs the heap nothing.
 */

/** What stands in a heap. The fields belong to the heap. */
export interface Due {
  dueAt: number;
  /** Place in the heap, -1 when not in it. */
  heapIndex: number;
}

export class DeadlineHeap<Item extends Due> {
  readonly #items: Item[] = [];

  /** The earliest time, or undefined when empty. */
  get nextAt(): number | undefined {
    return this.#items[0]?.dueAt;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Makes sure that the item comes up at `dueAt` at the latest. True if the earliest time has changed. */
  schedule(item: Item, dueAt: number): boolean {
    if (item.heapIndex === -1) {
      item.dueAt = dueAt;
      item.heapIndex = this.#items.length;
      this.#items.push(item);
    } else if (dueAt < item.dueAt) {
      item.dueAt = dueAt;
    } else {
      return false;
    }
    this.#siftUp(item);
    return item.heapIndex === 0;
  }

  remove(item: Item): void {
    const index = item.heapIndex;
    if (index === -1) return;
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#place(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  /** Takes out the earliest item if its time has come. */
  takeDue(now: number): Item | undefined {
    const first = this.#items[0];
    if (first === undefined || first.dueAt > now) return undefined;
    this.remove(first);
    return first;
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #siftUp(item: Item): void {
    let index = item.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex];
      if (parent === undefined || parent.dueAt <= item.dueAt) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
  }

  #siftDown(item: Item): void {
    let index = item.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = this.#items[childIndex];
      if (child === undefined) break;
      const right = this.#items[childIndex + 1];
      if (right !== undefined && right.dueAt < child.dueAt) {
        child = right;
        childIndex += 1;
      }
      if (child.dueAt >= item.dueAt) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(item, index);
  }
}
