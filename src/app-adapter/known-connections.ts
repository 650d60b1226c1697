/**
 * What a thread remembers of the connections whose requests it serves: their addresses as the app
 * sees them, and the socket that the requests of one connection share. Made anew for every request
 * they would cost more than the rest of its way here. A connection is told from a later one in the
 * same slot by its serial number.
 */
import type { KnownConnection } from './loan.ts';

/** So many are remembered; of more connections, those known longest are made anew. 2 to 3 KB each. */
const MAX_KNOWN = 4096;

interface Entry extends KnownConnection {
  readonly serial: number;
}

export class KnownConnections {
  readonly #bySlot = new Map<number, Entry>();

  find(slot: number, serial: number): KnownConnection | undefined {
    const entry = this.#bySlot.get(slot);
    return entry?.serial === serial ? entry : undefined;
  }

  add(slot: number, serial: number, addresses: KnownConnection['addresses']): KnownConnection {
    const entry: Entry = { serial, addresses, socket: undefined };
    // A map gives its keys in the order they came: set anew, the slot is the youngest again.
    this.#bySlot.delete(slot);
    if (this.#bySlot.size >= MAX_KNOWN) this.#forgetOldest();
    this.#bySlot.set(slot, entry);
    return entry;
  }

  #forgetOldest(): void {
    for (const slot of this.#bySlot.keys()) {
      this.#bySlot.delete(slot);
      return;
    }
  }
}
