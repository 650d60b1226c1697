/**
 * A claimed ring entry, as the thread needs it: the parsed head, copies of the bytes (the entry is
 * freed before the app reads them), and what the thread knows of the connection. Worker thread.
 */
import type { Layout } from '../shared/memory/layout.ts';
import { copyOfShared, RingReader } from '../shared/memory/ring-bytes.ts';
import { parseHead, type RequestHead } from './head-parser.ts';
import { KnownConnections } from './known-connections.ts';
import type { ConnectionAddresses, KnownConnection } from './loan.ts';

/** One object a thread, overwritten by each `read()`. */
export class TakenEntry {
  readonly #reader: RingReader;
  readonly #known = new KnownConnections();

  constructor(layout: Layout, buffer: SharedArrayBuffer) {
    this.#reader = new RingReader(layout, buffer);
  }

  /** Of the entry that was claimed, until it is freed. */
  read(index: number): void {
    this.#reader.read(index);
  }

  get descriptor(): number {
    return this.#reader.descriptor;
  }

  connectionIn(slot: number): KnownConnection {
    const { serial } = this.#reader;
    return this.#known.find(slot, serial) ?? this.#known.add(slot, serial, addressesOf(this.#reader));
  }

  /** Undefined unless both sides come to the same end and length: then nobody knows where the next request begins. */
  parseHead(): RequestHead | undefined {
    const { bytes, start, headEnd, end } = this.#reader;
    const head = parseHead(bytes, start, headEnd);
    return head?.contentLength === end - headEnd ? head : undefined;
  }

  copyBody(): Buffer | undefined {
    const { bytes, headEnd, end } = this.#reader;
    return headEnd === end ? undefined : copyOfShared(bytes, headEnd, end);
  }

  copyAll(): Buffer {
    const { bytes, start, end } = this.#reader;
    return copyOfShared(bytes, start, end);
  }
}

const familyOf = (address: string): 'IPv4' | 'IPv6' => (address.includes(':') ? 'IPv6' : 'IPv4');

function addressesOf(reader: RingReader): ConnectionAddresses {
  const remoteAddress = reader.readRemoteAddress();
  const localAddress = reader.readLocalAddress();
  const { remotePort, localPort } = reader;
  // A Unix socket has neither.
  if (remoteAddress === '' && localAddress === '') return NO_ADDRESSES;
  return {
    remoteAddress,
    remotePort,
    remoteFamily: familyOf(remoteAddress),
    localAddress,
    localPort,
    localFamily: familyOf(localAddress),
    encrypted: false,
  };
}

const NO_ADDRESSES: ConnectionAddresses = Object.freeze({
  remoteAddress: undefined,
  remotePort: undefined,
  remoteFamily: undefined,
  localAddress: undefined,
  localPort: undefined,
  localFamily: undefined,
  encrypted: false,
});
