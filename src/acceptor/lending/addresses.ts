/**
 * What an app may ask of its connection, as bytes that travel with the request: an address asked of
 * the descriptor could be another one's by then. Asked once a connection, of the system itself: of
 * a socket it costs 7 us, and needs one.
 */
import type net from 'node:net';
import type { WireConnection } from '../../shared/memory/ring-bytes.ts';
import type { Libc } from '../libc.ts';

interface Asked {
  readonly descriptor: number;
  readonly serial: number;
  readonly socket: net.Socket;
}

/** `serial` tells the connection from a later one in its slot. A Unix socket has no addresses. */
export function wireConnectionOf(connection: Asked, libc: Pick<Libc, 'addressOf'>): WireConnection {
  const { descriptor, serial } = connection;
  const remote = libc.addressOf(descriptor, 'remote');
  const local = remote === undefined ? undefined : libc.addressOf(descriptor, 'local');
  if (remote === undefined || local === undefined) return wireConnectionOfSocket(connection);
  return wire(serial, remote.address, remote.port, local.address, local.port);
}

/** Rarer kinds: names of interfaces and abbreviations are Node's to write. */
function wireConnectionOfSocket({ socket, serial }: Asked): WireConnection {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
  return wire(serial, remoteAddress, remotePort, localAddress, localPort);
}

const wire = (
  serial: number,
  remoteAddress: string,
  remotePort: number,
  localAddress: string,
  localPort: number,
): WireConnection => ({
  serial,
  texts: Buffer.from(remoteAddress + localAddress, 'latin1'),
  remoteLength: remoteAddress.length,
  remotePort,
  localPort,
});
