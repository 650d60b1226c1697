/**
 * What an app may ask of a connection or set on it, for a stream that is no `net.Socket`: addresses
 * that travelled with the request, and options that are the acceptor's to set, which do nothing here.
 * Worker threads.
 */
import type { AddressInfo } from 'node:net';
import { Duplex, type DuplexOptions } from 'node:stream';
import type { ConnectionAddresses } from '../loan.ts';

export abstract class SocketSurface extends Duplex {
  /** Present on an encrypted connection alone, as on node's sockets. */
  declare readonly encrypted?: true;
  readonly connecting: boolean = false;
  readonly pending: boolean = false;
  /** The acceptor reads: its count is not known here. */
  readonly bytesRead: number = 0;
  readonly #addresses: ConnectionAddresses;

  constructor(options: DuplexOptions, addresses: ConnectionAddresses) {
    super(options);
    this.#addresses = addresses;
    if (addresses.encrypted) Object.defineProperty(this, 'encrypted', { value: true, enumerable: true });
  }

  get remoteAddress(): string | undefined {
    return this.#addresses.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#addresses.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#addresses.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.#addresses.localAddress;
  }

  get localPort(): number | undefined {
    return this.#addresses.localPort;
  }

  get localFamily(): string | undefined {
    return this.#addresses.localFamily;
  }

  address(): AddressInfo | Record<string, never> {
    const { localAddress, localPort, localFamily } = this.#addresses;
    if (localAddress === undefined || localPort === undefined || localFamily === undefined) return {};
    return { address: localAddress, family: localFamily, port: localPort };
  }

  get readyState(): string {
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override setEncoding(): this {
    throw Object.assign(new Error('Changing the socket encoding is not allowed per RFC7230 Section 3.'), {
      code: 'ERR_HTTP_SOCKET_ENCODING',
    });
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy(): this {
    return this.destroy();
  }
}
