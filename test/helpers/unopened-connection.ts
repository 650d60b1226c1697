/** A connection whose socket nobody may ask for, for tests of what the acceptor knows of one. */
import { Connection } from '../../src/acceptor/connection.ts';
import { Incoming } from '../../src/acceptor/listening/incoming.ts';

const NO_HANDLE = { fd: -1, reading: false, readStart: () => 0, readStop: () => 0, close(): void {} };

const open = (): never => {
  throw new Error('Nobody may open it.');
};

export const unopenedConnection = (slot: number): Connection =>
  new Connection(slot, new Incoming(-1, NO_HANDLE), open, 0);
