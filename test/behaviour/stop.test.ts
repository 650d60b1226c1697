/** Stops of a server that is not at rest, and what their reports say. With real threads. */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Server } from '../../src/server.ts';
import type { ServerOptions } from '../../src/shared/options/options.ts';
import { get } from '../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { fixtureUrl, untilSo } from '../helpers/server-under-test.ts';

const PATIENCE_MS = 15_000;

const until = (isSo: () => boolean, what: string): Promise<void> => untilSo(isSo, () => `Not so: ${what}`, PATIENCE_MS);

const start = async (
  t: ExecutionContext,
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; port: number; connect: () => RawConnection }> => {
  const app = fixtureUrl('generations.mjs');
  const server = new Server({ app, port: 0, threadCount: 1, logLevel: 'silent', ...options });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  t.false(server.stats().ready);
  await server.start();
  t.true(server.stats().ready);
  const { port } = server.address() as AddressInfo;
  const connect = (): RawConnection => {
    const client = new RawConnection(port);
    t.teardown(() => client.socket.destroy());
    return client;
  };
  return { server, port, connect };
};

/** Lets all `/hold` answer. */
const release = (): void => {
  const channel = new BroadcastChannel('generations');
  channel.postMessage('release');
  channel.close();
};

const NOTHING_LEFT = { refused: 0, cut: 0, upgraded: 0, terminated: 0 };

const isRefused = async (port: number): Promise<boolean> => {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
};

test('for lameDuckMs it only says that it is not ready', async (t) => {
  const { server, port, connect } = await start(t, { lameDuckMs: 400 });
  const begin = performance.now();
  const stopped = server.stop();
  t.false(server.stats().ready);
  const late = connect();
  late.request(get('/'));
  const response = await late.response();
  t.is(response.status, 200);
  t.is(response.headers.get('connection'), 'keep-alive', 'nobody is sent away yet');
  await late.closed();
  t.true(performance.now() - begin >= 395);
  t.true(await isRefused(port));
  t.deepEqual(await stopped, { ...NOTHING_LEFT, connections: 1, served: 0 });
});

test('a stop that cuts at once is no lame duck', async (t) => {
  const { server } = await start(t, { lameDuckMs: 60_000 });
  await server.stop({ gracefulTimeoutMs: 0 });
  t.false(server.stats().ready);
});

test('an overloaded server serves what waits, and goes on refusing what is too much', async (t) => {
  const { server, connect } = await start(t, { concurrencyPerThread: 1, maxPending: 3 });
  const clients = Array.from({ length: 5 }, connect);
  for (const client of clients) await client.connected();
  clients[0]?.request(get('/wait/200'));
  await until(() => server.stats().running === 1, 'one runs');
  for (const client of clients.slice(1, 4)) client.request(get('/'));
  await until(() => server.stats().pending === 3, 'three wait');
  const stopped = server.stop();
  clients[4]?.request(get('/'));
  const statuses = await Promise.all(clients.map(async (client) => (await client.response()).status));
  t.deepEqual(statuses, [200, 200, 200, 200, 503]);
  t.deepEqual(await stopped, { ...NOTHING_LEFT, connections: 5, served: 4 });
  t.is(server.stats().rejected.maxPending, 1);
});

test.serial('while a thread hangs the others serve, and its request is cut with the time', async (t) => {
  const { server, connect } = await start(t, { threadCount: 2 });
  const [hung, slow] = [connect(), connect()];
  hung.request(get('/block/60000'));
  await until(() => server.stats().running === 1, 'it hangs');
  slow.request(get('/hold'));
  await until(() => server.stats().running === 2, 'the other runs');
  const stopped = server.stop({ gracefulTimeoutMs: 1000 });
  await until(() => server.address() === null, 'it drains');
  release();
  t.is((await slow.response()).status, 200);
  await hung.closed();
  t.is(hung.responses.length, 0);
  t.deepEqual(await stopped, { ...NOTHING_LEFT, connections: 2, served: 1, cut: 1, terminated: 1 });
  t.deepEqual(server.stats().threads, []);
});

test('upgraded sockets are told, and cut with the time', async (t) => {
  const { server, connect } = await start(t);
  const [polite, stubborn] = [connect(), connect()];
  const texts = ['', ''];
  for (const [nth, client] of [polite, stubborn].entries()) {
    client.socket.removeAllListeners('data');
    client.socket.on('data', (bytes: Buffer) => (texts[nth] += bytes.toString()));
    const path = nth === 0 ? '/polite' : '/stubborn';
    client.socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  }
  await until(() => texts.every((text) => text.includes('101 ')), 'both are upgraded');
  await until(() => server.stats().upgraded === 2 && server.stats().served === 2, 'their requests have ended');
  const stopped = server.stop({ gracefulTimeoutMs: 300 });
  await Promise.all([polite.closed(), stubborn.closed()]);
  for (const text of texts) t.true(text.endsWith('\r\n\r\nshutdown'), text);
  t.deepEqual(await stopped, { ...NOTHING_LEFT, connections: 2, served: 0, upgraded: 1 });
});

test.serial('old threads that still finish after a reload are waited for too', async (t) => {
  const { server, connect } = await start(t);
  const client = connect();
  client.request(get('/hold'));
  await until(() => server.stats().running === 1, 'it runs');
  await server.reload();
  const stopped = server.stop();
  await until(() => server.address() === null, 'it drains');
  release();
  t.is((await client.response()).status, 200);
  t.like(await stopped, { ...NOTHING_LEFT, connections: 1, served: 1 });
  t.deepEqual(server.stats().threads, []);
});
