/**
 * What an app may ask of its connection, as bytes that travel with the request: an address asked of
 * the descriptor could be another one's by then. Local addresses are few and are kept.
 */
import type net from 'node:net';
import type { WireAddresses } from '../shared/ring-bytes.ts';

const NOWHERE = new Uint8Array(0);
/** More local addresses than a machine has; the book is emptied rather than growing for ever. */
const MAX_KEPT = 1024;

export class AddressBook {
  readonly #kept = new Map<string, Uint8Array>();

  of(socket: net.Socket): WireAddresses {
    const { remoteAddress, localAddress } = socket;
    return {
      remote: remoteAddress === undefined ? NOWHERE : Buffer.from(remoteAddress, 'latin1'),
      remotePort: socket.remotePort ?? 0,
      local: localAddress === undefined ? NOWHERE : this.#keep(localAddress),
      localPort: socket.localPort ?? 0,
    };
  }

  #keep(address: string): Uint8Array {
    let bytes = this.#kept.get(address);
    if (bytes === undefined) {
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
      bytes = Buffer.from(address, 'latin1');
      this.#kept.set(address, bytes);
    }
    return bytes;
  }
}
