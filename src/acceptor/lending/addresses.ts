/**
 * What an app may ask of its connection, as bytes that travel with the request: an address asked of
 * the descriptor could be another one's by then. Asked once a connection.
 */
import type net from 'node:net';
import type { WireConnection } from '../../shared/memory/ring-bytes.ts';

/** `serial` tells the connection from a later one in its slot. A Unix socket has no addresses. */
export function wireConnectionOf(socket: net.Socket, serial: number): WireConnection {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
  return {
    serial,
    texts: Buffer.from(remoteAddress + localAddress, 'latin1'),
    remoteLength: remoteAddress.length,
    remotePort,
    localPort,
  };
}
