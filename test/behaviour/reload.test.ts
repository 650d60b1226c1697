/** Reloads and replacements of threads as clients see them: not at all. With real threads, under load. */
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { Server } from '../../src/server.ts';
import type { ServerOptions } from '../../src/shared/options/options.ts';
import { get } from '../helpers/acceptor-by-hand.ts';
import { amount } from '../helpers/amounts.ts';
import { ClosedLoop } from '../helpers/closed-loop-client.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { fixtureUrl, untilSo } from '../helpers/server-under-test.ts';

const PATIENCE_MS = 15_000;

const until = (isSo: () => boolean, what: string): Promise<void> => untilSo(isSo, () => `Not so: ${what}`, PATIENCE_MS);

interface Served {
  readonly server: Server;
  readonly port: number;
  readonly connect: () => RawConnection;
  /** What the server has logged. */
  readonly logged: Record<string, unknown>[];
}

const start = async (t: ExecutionContext, options: Partial<ServerOptions> = {}): Promise<Served> => {
  setVersion('0');
  const lines = new PassThrough();
  const logged: Record<string, unknown>[] = [];
  lines.on('data', (line: Buffer) => {
    for (const text of line.toString().trim().split('\n')) logged.push(JSON.parse(text) as Record<string, unknown>);
  });
  const app = fixtureUrl('generations.mjs');
  const logger = pino({ level: 'info' }, lines);
  const server = new Server({ app, port: 0, threadCount: 2, maxPending: Infinity, logger, ...options });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  await server.start();
  const { port } = server.address() as AddressInfo;
  const connect = (): RawConnection => {
    const client = new RawConnection(port);
    t.teardown(() => client.socket.destroy());
    return client;
  };
  return { server, port, connect, logged };
};

/** Of the threads that start from now on: their environment is a copy. */
const setVersion = (version: number | string): void => {
  process.env['VERSION'] = String(version);
};

const threadsOf = (server: Server, generation: number): number =>
  server.stats().threads.filter((thread) => thread.generation === generation && thread.state !== 'retiring').length;

/** Lets all `/hold` answer. */
const release = (): void => {
  const channel = new BroadcastChannel('generations');
  channel.postMessage('release');
  channel.close();
};

const CHUNKED = 'POST /lent HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
/** Slow ones, so that many are in flight, quick ones, and some lent with their connections. */
const TARGETS = ['/wait/400', '/wait/300', CHUNKED, '/wait/500', '/', '/wait/600', '/block/1'];

/** Starting threads is what takes the time. */
const RELOADED_THREADS = amount(2, 1);

// --- Under load -----------------------------------------------------------------------------------

const RELOADS = amount(100, 6);

test.serial(`${RELOADS} reloads under load: no request fails`, async (t) => {
  const { server, port } = await start(t, { threadCount: RELOADED_THREADS });
  const load = new ClosedLoop({ port, clients: 200, targets: TARGETS });
  for (let nth = 1; nth <= RELOADS; nth += 1) {
    setVersion(nth);
    await server.reload();
    // Some of each generation.
    await load.answered(50);
  }
  await until(() => server.stats().threads.length === RELOADED_THREADS, 'the old threads have gone');
  const { answers, failures, bodies, longestMs } = await load.stop();
  t.log(`${answers} answers, the longest after ${longestMs.toFixed(0)} ms`);
  t.deepEqual(failures, []);
  t.deepEqual(
    [...bodies.keys()].sort((one, other) => Number(one) - Number(other)),
    Array.from({ length: RELOADS + 1 }, (_, nth) => String(nth)),
    'each generation has served',
  );
  await until(() => server.stats().connections === 0, 'all connections are over');
  t.like(server.stats(), { pending: 0, running: 0, lent: 0, upgraded: 0 });
  t.is(threadsOf(server, RELOADS), RELOADED_THREADS);
});

test.serial('threads that are replaced after so many requests under load: no request fails', async (t) => {
  const { server, port, logged } = await start(t, { recycleAfterRequests: 200 });
  const load = new ClosedLoop({ port, clients: 100, targets: TARGETS });
  const replaced = (): Record<string, unknown>[] => logged.filter(({ msg }) => msg === 'a thread is replaced');
  await until(() => replaced().length >= 3, 'three threads are replaced');
  const { answers, failures } = await load.stop();
  t.log(`${answers} answers, ${replaced().length} threads replaced`);
  t.deepEqual(failures, []);
  t.like(replaced()[0], { reason: 'requests', level: 30 });
  t.true(Number(replaced()[0]?.['served']) >= 200);
  await until(() => server.stats().threads.length === 2, 'the old threads have gone');
  t.is(logged.filter(({ level }) => Number(level) >= 40).length, 0);
});

test.serial('an app that leaks Buffers has its threads replaced, and no request fails', async (t) => {
  const { server, port, logged } = await start(t, { maxThreadHeapBytes: 60_000_000 });
  const load = new ClosedLoop({ port, clients: 20, targets: ['/leak/400000', '/', '/wait/20'] });
  const replaced = (): Record<string, unknown>[] => logged.filter(({ reason }) => reason === 'memory');
  await until(() => replaced().length >= 2, 'two threads are replaced');
  const { failures } = await load.stop();
  t.deepEqual(failures, []);
  t.true(Number(replaced()[0]?.['heapBytes']) > 60_000_000);
  await until(() => server.stats().threads.length === 2, 'the old threads have gone');
});

test.serial('a stop during reloads under load: no request fails, but those that come too late', async (t) => {
  const { server, port } = await start(t);
  const load = new ClosedLoop({ port, clients: 50, targets: ['/wait/5', CHUNKED] });
  await load.answered(50);
  setVersion('slow');
  const reloaded = server.reload();
  const followed = server.reload();
  await until(() => server.stats().threads.length > 2, 'the new threads start');
  const stopped = server.stop();
  await Promise.allSettled([reloaded, followed]);
  await t.throwsAsync(followed, { code: 'ERR_HYPERION_SERVER_WRONG_STATE' });
  const { refused, cut, terminated } = await stopped;
  t.deepEqual({ refused, cut, terminated }, { refused: 0, cut: 0, terminated: 0 });
  const { failures, bodies } = await load.stop();
  // Each answer said that it was the last.
  t.true(failures.every((failure) => failure.startsWith('closed ')));
  t.true([...bodies.values()].reduce((sum, count) => sum + count, 0) >= 50);
  t.deepEqual(server.stats().threads, []);
});

// --- One by one -----------------------------------------------------------------------------------

test.serial('the old threads finish what they have, the new ones serve all that comes', async (t) => {
  const { server, connect } = await start(t, { threadCount: 1 });
  const [slow, half, keepAlive] = [connect(), connect(), connect()];
  slow.request(get('/hold'));
  half.request('POST /half HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'POST');
  keepAlive.request(get('/'));
  t.is((await keepAlive.response()).body.toString(), '0');
  await until(() => server.stats().running === 2, 'two run');
  setVersion('1');
  await server.reload();
  keepAlive.request(get('/'));
  t.is((await keepAlive.response(2)).body.toString(), '1', 'the same connection, the new app');
  t.is(server.stats().threads.find(({ state }) => state === 'retiring')?.running, 2);
  release();
  t.is((await slow.response()).body.toString(), '0');
  half.send('0\r\n\r\n');
  t.is((await half.response()).body.toString(), '0');
  await until(() => server.stats().threads.length === 1, 'the old thread has gone');
  slow.request(get('/'));
  half.request(get('/'));
  t.is((await slow.response(2)).body.toString(), '1');
  t.is((await half.response(2)).body.toString(), '1', 'it was returned, not closed');
});

test.serial('what waits is served by the new threads, and waits for no old one', async (t) => {
  const { server, connect } = await start(t, { threadCount: 1, concurrencyPerThread: 1 });
  const [running, waiting] = [connect(), connect()];
  running.request(get('/hold'));
  await until(() => server.stats().running === 1, 'one runs');
  waiting.request(get('/'));
  await until(() => server.stats().pending === 1, 'one waits');
  setVersion('1');
  await server.reload();
  t.is((await waiting.response()).body.toString(), '1');
  release();
  t.is((await running.response()).body.toString(), '0');
});

test.serial('a reload whose app does not load says so, and the old app serves on', async (t) => {
  const { server, connect } = await start(t);
  const client = connect();
  setVersion('broken');
  await t.throwsAsync(server.reload(), { message: 'broken on purpose', code: 'E_BROKEN' });
  client.request(get('/'));
  t.is((await client.response()).body.toString(), '0');
  setVersion('2');
  await server.reload();
  client.request(get('/'));
  t.is((await client.response(2)).body.toString(), '2');
});

test.serial('only a server that has started, and does not stop, can be reloaded', async (t) => {
  const { server } = await start(t);
  const wrongState = { code: 'ERR_HYPERION_SERVER_WRONG_STATE' };
  await t.throwsAsync(new Server({ app: fixtureUrl('generations.mjs'), port: 0 }).reload(), wrongState);
  const stopped = server.stop();
  await t.throwsAsync(server.reload(), wrongState);
  await stopped;
  await t.throwsAsync(server.reload(), wrongState);
});

const UPGRADE = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`;

const upgrade = async (client: RawConnection, path: string): Promise<void> => {
  client.socket.removeAllListeners('data');
  client.socket.write(UPGRADE(path));
  await textOf(client, /\r\n\r\n$/);
};

/** What comes next, until it matches. */
const textOf = (client: RawConnection, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const look = (bytes: Buffer): void => {
      text += bytes.toString();
      if (!pattern.test(text)) return;
      client.socket.off('data', look);
      resolve(text);
    };
    client.socket.on('data', look);
    client.socket.once('close', () => reject(new Error(`Closed after ${text}`)));
  });

test.serial('upgraded sockets hear of a reload, live on, and end with their time', async (t) => {
  const { server, connect } = await start(t, { threadCount: 1, gracefulTimeoutMs: 400 });
  const [polite, stubborn] = [connect(), connect()];
  await Promise.all([upgrade(polite, '/polite'), upgrade(stubborn, '/stubborn')]);
  t.is(server.stats().upgraded, 2);
  const told = [polite, stubborn].map((client) => textOf(client, /^shutdown/));
  setVersion('1');
  await server.reload();
  const reloadedAt = performance.now();
  await Promise.all(told);
  await polite.closed();
  stubborn.socket.write('still here');
  t.is(await textOf(stubborn, /here/), '0 still here');
  await stubborn.closed();
  t.true(performance.now() - reloadedAt >= 390);
  await until(() => server.stats().threads.length === 1, 'the old thread has gone');
  t.is(server.stats().upgraded, 0);
});

test.serial('an old thread that hangs is ended with its time', async (t) => {
  const { server, connect, logged } = await start(t, { threadCount: 1, gracefulTimeoutMs: 100 });
  const [hung, other] = [connect(), connect()];
  hung.request(get('/block/60000'));
  await until(() => server.stats().running === 1, 'it hangs');
  setVersion('1');
  await server.reload();
  other.request(get('/'));
  t.is((await other.response()).body.toString(), '1');
  t.is((await hung.response()).status, 503);
  hung.request(get('/'));
  t.is((await hung.response(2)).body.toString(), '1');
  t.like(logged.at(-1), { msg: 'a thread that was replaced ended before its requests had', replied: 1, cut: 0 });
});
