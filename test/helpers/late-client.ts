/** A thread that opens a connection, waits a moment, asks on it and reads to the end. In: see below. Out: 'open', then what it read. */
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port, bytes, waitMicroseconds } = workerData as LateClient;

export interface LateClient {
  readonly port: number;
  readonly bytes: string;
  readonly waitMicroseconds: number;
}

parentPort?.on('message', () => {
  const socket = connect(port, '127.0.0.1', () => {
    const until = performance.now() + waitMicroseconds / 1000;
    // A timer is too coarse, and would let the event loop send late.
    while (performance.now() < until);
    socket.write(bytes);
  });
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (data: string) => (text += data));
  socket.on('close', () => parentPort?.postMessage(text));
});
