/** Each undocumented name that the acceptor uses does what it is used for, on this Node. */
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import {
  type AcceptedHandle,
  createSocket,
  descriptorOf,
  startReading,
  stopReading,
  takeConnections,
} from '../../src/acceptor/node-internals.ts';

interface Accepting {
  readonly server: net.Server;
  connect(): Promise<{ client: net.Socket; handle: AcceptedHandle }>;
}

const listen = async (t: ExecutionContext): Promise<Accepting> => {
  const server = net.createServer(() => t.fail("node's own way was taken"));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const arrivals: ((handle: AcceptedHandle) => void)[] = [];
  takeConnections(server, (error, handle) => {
    t.is(error, 0);
    arrivals.shift()?.(handle as AcceptedHandle);
  });
  return {
    server,
    async connect() {
      const arrival = new Promise<AcceptedHandle>((resolve) => arrivals.push(resolve));
      const client = net.connect({
        port: (server.address() as AddressInfo).port,
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
      client.on('error', () => {});
      t.teardown(() => client.destroy());
      return { client, handle: await arrival };
    },
  };
};

/** A socket over the handle that notes what it reads, piece by piece. */
const read = (t: ExecutionContext, handle: AcceptedHandle, buffer: Uint8Array, goesOn = (): boolean => true) => {
  const pieces: string[] = [];
  const waiting: (() => void)[] = [];
  const socket = createSocket(handle, buffer, (length, bytes) => {
    pieces.push(Buffer.from(bytes.subarray(0, length)).toString());
    waiting.shift()?.();
    return goesOn();
  });
  startReading(socket);
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  return { socket, pieces, piece: () => new Promise<void>((resolve) => waiting.push(resolve)) };
};

/** Bytes go to and fro on another connection, twice: what was sent before has been read by then, if anybody reads. */
const roundTrips = async (t: ExecutionContext, connect: Accepting['connect']): Promise<void> => {
  const { client, handle } = await connect();
  const { piece } = read(t, handle, Buffer.alloc(16));
  for (const turn of ['once', 'again']) {
    const arrived = piece();
    client.write(turn);
    await arrived;
  }
};

test('connections come as handles with a descriptor, and node makes no socket of them', async (t) => {
  const { connect } = await listen(t);
  const { handle } = await connect();
  t.true(handle.fd > 2);
  t.true(fstatSync(handle.fd).isSocket());
  handle.close();
});

test('a server that does not listen has no connections to take', (t) => {
  t.throws(() => takeConnections(net.createServer(), () => {}), { instanceOf: TypeError });
});

test('several sockets read into one buffer, into which each callback finds its own bytes', async (t) => {
  const { connect } = await listen(t);
  const buffer = Buffer.alloc(65_536);
  const [one, other] = [await connect(), await connect()];
  const [first, second] = [read(t, one.handle, buffer), read(t, other.handle, buffer)];
  for (const turn of ['a', 'b', 'c']) {
    const both = [first.piece(), second.piece()];
    one.client.write(`one ${turn}`);
    other.client.write(`other ${turn}`);
    await Promise.all(both);
  }
  t.deepEqual(first.pieces, ['one a', 'one b', 'one c']);
  t.deepEqual(second.pieces, ['other a', 'other b', 'other c']);
});

test('a callback that says false reads no more until reading is started again', async (t) => {
  const { connect } = await listen(t);
  const { client, handle } = await connect();
  const { socket, pieces, piece } = read(t, handle, Buffer.alloc(4), () => false);
  let next = piece();
  client.write('12345678');
  await next;
  // All of it is in the kernel: a read ahead would have brought the rest by then.
  await roundTrips(t, connect);
  t.deepEqual(pieces, ['1234']);
  next = piece();
  startReading(socket);
  await next;
  t.deepEqual(pieces, ['1234', '5678']);
});

test('reading is stopped at once, also from within the callback, and started again without a loss', async (t) => {
  const { connect } = await listen(t);
  const { client, handle } = await connect();
  const { socket, pieces, piece } = read(t, handle, Buffer.alloc(65_536), () => {
    stopReading(socket);
    stopReading(socket);
    return true;
  });
  let next = piece();
  client.write('first');
  await next;
  client.write('second');
  await roundTrips(t, connect);
  t.deepEqual(pieces, ['first']);
  next = piece();
  startReading(socket);
  startReading(socket);
  await next;
  t.deepEqual(pieces, ['first', 'second']);
  // And between two reads.
  stopReading(socket);
  client.write('third');
  await roundTrips(t, connect);
  t.is(pieces.length, 2);
});

test("the client's FIN is an 'end', and the socket can still be written", async (t) => {
  const { connect } = await listen(t);
  const { client, handle } = await connect();
  const { socket } = read(t, handle, Buffer.alloc(65_536));
  client.end();
  await once(socket, 'end');
  t.false(socket.destroyed);
  socket.end('the answer');
  const [bytes] = (await once(client, 'data')) as [Buffer];
  t.is(bytes.toString(), 'the answer');
});

test("a reset is a 'close', within a read or not", async (t) => {
  const { connect } = await listen(t);
  const { client, handle } = await connect();
  const { socket } = read(t, handle, Buffer.alloc(65_536));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  client.resetAndDestroy();
  // Node 20 may take it for an end; the next write fails then.
  socket.on('end', () => socket.write('x'));
  await closed;
  t.true(socket.destroyed);
});

test('the addresses are those of the connection', async (t) => {
  const { connect, server } = await listen(t);
  const { client, handle } = await connect();
  const { socket } = read(t, handle, Buffer.alloc(64));
  t.is(socket.remotePort, client.localPort);
  t.is(socket.localPort, (server.address() as AddressInfo).port);
  t.is(socket.remoteAddress, '127.0.0.1');
});

test('the number of a descriptor is known until it is closed', async (t) => {
  const { connect, server } = await listen(t);
  const { handle } = await connect();
  const { fd } = handle;
  const { socket } = read(t, handle, Buffer.alloc(64));
  t.is(descriptorOf(socket), fd);
  t.true(descriptorOf(server) > 2);
  socket.destroy();
  t.is(descriptorOf(socket), -1);
  t.notThrows(() => {
    stopReading(socket);
    startReading(socket);
  });
});
