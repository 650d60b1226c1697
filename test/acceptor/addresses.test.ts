import { once } from 'node:events';
import { rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import test from 'ava';
import { AddressBook } from '../../src/acceptor/addresses.ts';

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

test('both ends, as the socket names them', async (t) => {
  const { accepted } = await accept(t, { host: '127.0.0.1', port: 0 });
  const { remote, remotePort, local, localPort } = new AddressBook().of(accepted);
  t.is(Buffer.from(remote).toString(), '127.0.0.1');
  t.is(Buffer.from(local).toString(), '127.0.0.1');
  t.is(remotePort, accepted.remotePort as number);
  t.is(localPort, accepted.localPort as number);
});

test('local addresses are kept', async (t) => {
  const book = new AddressBook();
  const [one, other] = [
    await accept(t, { host: '127.0.0.1', port: 0 }),
    await accept(t, { host: '127.0.0.1', port: 0 }),
  ];
  t.is(book.of(one.accepted).local, book.of(other.accepted).local);
});

test('a Unix socket has none', async (t) => {
  const path = `${tmpdir()}/hyperion-addresses-${process.pid}.sock`;
  t.teardown(() => rmSync(path, { force: true }));
  const { accepted } = await accept(t, { path });
  const { remote, remotePort, local, localPort } = new AddressBook().of(accepted);
  t.deepEqual([remote.length, remotePort, local.length, localPort], [0, 0, 0, 0]);
});

test('a socket that is closed already has none, and is no error', (t) => {
  const { remote, remotePort } = new AddressBook().of(new net.Socket());
  t.is(remote.length, 0);
  t.is(remotePort, 0);
});
