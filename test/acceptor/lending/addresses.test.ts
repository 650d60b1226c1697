import { once } from 'node:events';
import { rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import test from 'ava';
import { wireConnectionOf } from '../../../src/acceptor/lending/addresses.ts';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { descriptorOf } from '../../../src/acceptor/node-internals.ts';

const ask = (socket: net.Socket, serial: number): ReturnType<typeof wireConnectionOf> =>
  wireConnectionOf({ descriptor: descriptorOf(socket), serial, socket }, loadLibc());

const accept = async (
  t: { teardown(end: () => void): void },
  where: net.ListenOptions,
): Promise<{ accepted: net.Socket; client: net.Socket }> => {
  const server = net.createServer();
  server.listen(where);
  await once(server, 'listening');
  const connection = once(server, 'connection') as Promise<[net.Socket]>;
  const address = server.address();
  const client =
    typeof address === 'object' && address !== null
      ? net.connect(address.port, where.host)
      : net.connect(where.path as string);
  const [accepted] = await connection;
  await once(client, 'connect').catch(() => {});
  t.teardown(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { accepted, client };
};

test('both ends, as the socket names them, and the serial number', async (t) => {
  const { accepted } = await accept(t, { host: '127.0.0.1', port: 0 });
  const { serial, texts, remoteLength, remotePort, localPort } = ask(accepted, 42);
  t.is(serial, 42);
  t.is(Buffer.from(texts).toString(), '127.0.0.1127.0.0.1');
  t.is(remoteLength, '127.0.0.1'.length);
  t.is(remotePort, accepted.remotePort as number);
  t.is(localPort, accepted.localPort as number);
});

test('a Unix socket has none', async (t) => {
  const path = `${tmpdir()}/hyperion-addresses-${process.pid}.sock`;
  t.teardown(() => rmSync(path, { force: true }));
  const { accepted } = await accept(t, { path });
  const { texts, remoteLength, remotePort, localPort } = ask(accepted, 1);
  t.deepEqual([texts.length, remoteLength, remotePort, localPort], [0, 0, 0, 0]);
});

test('a socket that is closed already has none, and is no error', (t) => {
  const { texts, remotePort } = ask(new net.Socket(), 1);
  t.is(texts.length, 0);
  t.is(remotePort, 0);
});
