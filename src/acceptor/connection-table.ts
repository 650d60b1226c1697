/**
 * All connections by slot. A slot is given out again only when its connection is over and no thread
 * has a loan of it; the last freed one first, so that few pages of shared memory are touched.
 */
import { MAX_CONNECTIONS } from '../shared/memory/layout.ts';
import type { Connection } from './connection.ts';

export class ConnectionTable {
  readonly #connections: (Connection | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A free slot, or undefined when a million connections are open. */
  takeSlot(): number | undefined {
    const slot = this.#freeSlots.pop() ?? this.#connections.length;
    if (slot >= MAX_CONNECTIONS) return undefined;
    if (slot === this.#connections.length) this.#connections.push(undefined);
    return slot;
  }

  add(connection: Connection): void {
    this.#connections[connection.slot] = connection;
    this.#size += 1;
  }

  get(slot: number): Connection | undefined {
    return this.#connections[slot];
  }

  remove(connection: Connection): void {
    this.#connections[connection.slot] = undefined;
    this.#freeSlots.push(connection.slot);
    this.#size -= 1;
  }

  /** Safe against removal of any connection while it runs. */
  forEach(visit: (connection: Connection) => void): void {
    for (const connection of this.#connections) if (connection !== undefined) visit(connection);
  }
}
