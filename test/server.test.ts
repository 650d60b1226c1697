/** The server as its user has it: started, served, stopped. With real threads. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { loadLibc } from '../src/acceptor/libc.ts';
import { descriptorOf } from '../src/acceptor/node-internals.ts';
import { Server } from '../src/server.ts';
import { HyperionError, ListenError, ServerError } from '../src/shared/errors/errors.ts';
import type { ServerOptions } from '../src/shared/options/options.ts';
import { SERVER_BUSY, THREAD_FAILED } from '../src/shared/replies.ts';
import { get } from './helpers/acceptor-by-hand.ts';
import { RawConnection } from './helpers/raw-connection.ts';
import { fixtureUrl, untilSo } from './helpers/server-under-test.ts';

const PATIENCE_MS = 15_000;

const until = (isSo: () => boolean, what: string): Promise<void> => untilSo(isSo, () => `Not so: ${what}`, PATIENCE_MS);

/** So many run, and so many are done: an answer is with its client a little earlier than its loan ends. */
const runs = (server: Server, running: number, served = 0): Promise<void> =>
  until(
    () => server.stats().running === running && server.stats().served === served,
    `${running} run, ${served} served`,
  );

const create = (t: ExecutionContext, options: Partial<ServerOptions> = {}): Server => {
  const server = new Server({ app: fixtureUrl('mortal.mjs'), port: 0, threadCount: 1, logLevel: 'silent', ...options });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  return server;
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const start = async (
  t: ExecutionContext,
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; connect: () => RawConnection }> => {
  const server = await create(t, options).start();
  const port = portOf(server);
  const connect = (): RawConnection => {
    const client = new RawConnection(port);
    t.teardown(() => client.socket.destroy());
    return client;
  };
  return { server, connect };
};

const ask = async (client: RawConnection, target: string, nth = 1): Promise<string> => {
  client.request(get(target));
  return (await client.response(nth)).body.toString();
};

const isIn = async (t: ExecutionContext, promise: Promise<unknown>, state: string): Promise<void> => {
  const error = await t.throwsAsync(promise, { instanceOf: ServerError });
  t.is((error as HyperionError).code, 'ERR_HYPERION_SERVER_WRONG_STATE');
  t.regex((error as Error).message, new RegExp(state));
};

const NOTHING_LEFT = { connections: 0, served: 0, refused: 0, cut: 0, upgraded: 0, terminated: 0 };

// --- Starting -------------------------------------------------------------------------------------

test.serial('listens, starts, serves, stops: each step once, each resolves', async (t) => {
  const server = create(t);
  t.is(server.address(), null);
  t.is(await server.listen(), server);
  const port = portOf(server);
  t.true(port > 0);
  await isIn(t, server.listen(), 'listens already');
  // A connection that comes before the app is loaded is served after.
  const early = new RawConnection(port);
  early.request(get('/'));
  t.is(await server.start(), server);
  t.is((await early.response()).status, 200);
  await runs(server, 0, 1);
  await isIn(t, server.start(), 'has started');
  await isIn(t, server.listen(), 'has started');
  await isIn(t, server.serveOne(), 'has started');
  const stopped = server.stop();
  t.is(server.stop({ gracefulTimeoutMs: 0 }), stopped, 'the first stop is the one');
  t.deepEqual(await stopped, { ...NOTHING_LEFT, connections: 1 });
  await server.closed;
  await early.closed();
  t.is(server.address(), null);
  await isIn(t, server.start(), 'has stopped');
  t.is(server.stop(), stopped);
});

test.serial('starts once, though called twice at a time', async (t) => {
  const server = create(t);
  const first = server.start();
  await isIn(t, server.start(), 'starts|listens');
  await isIn(t, server.serveOne(), 'starts|listens');
  await first;
  t.is(server.stats().threads.length, 1);
});

test.serial('a taken port is known before the app is loaded, and another one can be had', async (t) => {
  const { server } = await start(t);
  const other = create(t, { port: portOf(server), app: fixtureUrl('load/hangs.mjs') });
  const error = await t.throwsAsync(other.start(), { instanceOf: ListenError });
  t.is((error as HyperionError).code, 'ERR_HYPERION_LISTEN_PORT_IN_USE');
  t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'EADDRINUSE');
  await t.throwsAsync(other.listen(), { instanceOf: ListenError }, 'and it may try again');
});

test.serial("a start fails with the app's own error, and the server has stopped then", async (t) => {
  const server = create(t, { app: fixtureUrl('load/throws.mjs'), threadCount: 2 });
  const error = await t.throwsAsync(server.start(), { name: 'Error', message: 'no database', code: 'E_DATABASE' });
  t.false(error instanceof HyperionError);
  await server.closed;
  await isIn(t, server.start(), 'has stopped');
});

test.serial('an app that ends its thread while it loads is an error that says so', async (t) => {
  process.env['DIES_AT_START'] = '1';
  const server = create(t);
  const started = server.start();
  const error = await t.throwsAsync(started);
  delete process.env['DIES_AT_START'];
  t.is((error as HyperionError).code, 'ERR_HYPERION_APP_EXITED');
  t.regex((error as Error).message, /exit code 4/);
});

test.serial('stopped before it starts, while it listens or while it starts', async (t) => {
  const unborn = create(t);
  await unborn.stop();
  await isIn(t, unborn.start(), 'has stopped');

  const listening = create(t);
  const bound = listening.listen();
  await listening.stop();
  await isIn(t, bound, 'was stopped|stop');
  t.is(listening.address(), null);

  const starting = create(t, { threadCount: 2 });
  const started = starting.start();
  const stopped = starting.stop({ gracefulTimeoutMs: 0 });
  await isIn(t, started, 'was stopped|stop');
  await stopped;

  const loading = create(t, { threadCount: 2 });
  await loading.listen();
  const loaded = loading.start();
  await until(() => loading.stats().threads.length === 2, 'threads start');
  const ended = loading.stop({ gracefulTimeoutMs: 0 });
  await isIn(t, loaded, 'was stopped|stop');
  await ended;
});

test.serial('a thread that dies before the others are ready is replaced', async (t) => {
  process.env['DIES_AFTER_START'] = '0';
  const server = create(t, { threadCount: 2 });
  const started = server.start();
  await started.finally(() => delete process.env['DIES_AFTER_START']);
  await until(() => server.stats().threads.filter(({ state }) => state !== 'starting').length === 2, 'both threads');
  const client = new RawConnection(portOf(server));
  t.truthy(await ask(client, '/'));
});

// --- Where it listens -----------------------------------------------------------------------------

test.serial('serves on a Unix socket', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = `${folder}/app.sock`;
  const server = await create(t, { path }).start();
  t.is(server.address(), path);
  const client = net.connect(path);
  client.write(get('/', 'Connection: close\r\n'));
  const pieces: Buffer[] = [];
  client.on('data', (piece: Buffer) => pieces.push(piece));
  await once(client, 'close');
  t.regex(Buffer.concat(pieces).toString(), /^HTTP\/1\.1 200 OK\r\n/);
});

test.serial('serves a net.Server that listens already', async (t) => {
  const listener = net.createServer(() => t.fail('its own listener'));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const server = create(t);
  await server.adoptListener(listener);
  await isIn(t, server.adoptListener(listener), 'listens already');
  t.deepEqual(server.address(), listener.address());
  await server.start();
  t.truthy(await ask(new RawConnection(portOf(server)), '/'));
  await server.stop();
  t.false(listener.listening);
});

test.serial('serves a descriptor that is bound', async (t) => {
  const listener = net.createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const descriptor = loadLibc().duplicate(descriptorOf(listener));
  listener.close();
  const server = create(t);
  await server.adoptListener(descriptor);
  await server.start();
  t.is(portOf(server), port);
  t.truthy(await ask(new RawConnection(port), '/'));
});

test.serial('what is no listener is an error, and another one can be had', async (t) => {
  const server = create(t);
  await t.throwsAsync(server.adoptListener({} as net.Server), { instanceOf: ListenError });
  await server.start();
  t.true(portOf(server) > 0);
});

test.serial('serveOne serves one connection, all its requests, and takes no other', async (t) => {
  const server = create(t);
  await server.listen();
  const port = portOf(server);
  const [first, second] = [new RawConnection(port), new RawConnection(port)];
  await first.connected();
  const served = server.serveOne();
  const clients = [first, second];
  for (const client of clients) client.request(get('/'));
  const answered = await Promise.any(clients.map(async (client) => (await client.response(), client)));
  const other = answered === first ? second : first;
  await other.closed();
  t.is(other.bytesReceived, 0);
  await ask(answered, '/', 2);
  t.is(server.stats().connections, 1);
  await answered.leave('close');
  await served;
  t.is(server.stats().connections, 0);
  t.is(server.stats().threads.length, 1, 'the threads stay');
  const late = net.connect(port, '127.0.0.1');
  t.is(((await once(late, 'error')) as [NodeJS.ErrnoException])[0].code, 'ECONNREFUSED');
});

test.serial('serveOne ends with a stop, though nobody came', async (t) => {
  const server = create(t);
  const served = server.serveOne();
  await until(() => server.stats().threads.some(({ state }) => state !== 'starting'), 'the thread is up');
  await server.stop({ gracefulTimeoutMs: 0 });
  await served;
  t.pass();
});

// --- Stopping -------------------------------------------------------------------------------------

test.serial(
  'a stop serves what runs and waits with `connection: close`, and closes idle connections half a second later',
  async (t) => {
    const { server, connect } = await start(t, { concurrencyPerThread: 1 });
    const [idle, running, waiting, late] = [connect(), connect(), connect(), connect()];
    await ask(idle, '/');
    await ask(late, '/');
    running.request(get('/wait/150'));
    await runs(server, 1, 2);
    waiting.request(get('/'));
    await until(() => server.stats().pending === 1, 'one waits');
    const begin = performance.now();
    const stopped = server.stop();
    late.request(get('/late'));
    for (const client of [running, waiting]) {
      const response = await client.response();
      t.is(response.status, 200);
      t.is(response.headers.get('connection'), 'close');
    }
    const toLate = await late.response(2);
    t.is(toLate.status, 200);
    t.is(toLate.headers.get('connection'), 'close');
    const refused = net.connect(portOfClient(idle), '127.0.0.1');
    t.is(((await once(refused, 'error')) as [NodeJS.ErrnoException])[0].code, 'ECONNREFUSED');
    t.false(idle.isClosed);
    await idle.closed();
    const passed = performance.now() - begin;
    t.true(passed >= 495 && passed < 2500, `${passed} ms`);
    t.deepEqual(await stopped, { ...NOTHING_LEFT, connections: 4, served: 3 });
    await server.closed;
    t.is(server.stats().connections, 0);
  },
);

const portOfClient = (client: RawConnection): number => client.socket.remotePort as number;

test.serial('at its limit a stop refuses what waits, cuts the rest, and says how many', async (t) => {
  const { server, connect } = await start(t, { concurrencyPerThread: 1 });
  const [running, one, other, reading] = [connect(), connect(), connect(), connect()];
  running.request(get('/wait/60000'));
  await runs(server, 1);
  one.request(get('/'));
  other.request(get('/'));
  reading.request('GET /half');
  await until(() => server.stats().pending === 2 && server.stats().connections === 4, 'two wait');
  t.deepEqual(await server.stop({ gracefulTimeoutMs: 200 }), { ...NOTHING_LEFT, connections: 4, refused: 2, cut: 2 });
  for (const client of [one, other]) {
    const response = await client.response();
    t.is(response.head + response.body.toString(), SERVER_BUSY.text);
  }
  await Promise.all([running, one, other, reading].map((client) => client.closed()));
  t.is(running.responses.length + reading.responses.length, 0);
  t.is(server.stats().rejected.drain, 2);
});

test.serial('a stop without grace cuts at once, also what hangs', async (t) => {
  const { server, connect } = await start(t, { threadCount: 2 });
  const [idle, hung] = [connect(), connect()];
  await ask(idle, '/');
  hung.request(get('/block/60000'));
  await runs(server, 1, 1);
  const begin = performance.now();
  t.deepEqual(await server.stop({ gracefulTimeoutMs: 0 }), { ...NOTHING_LEFT, connections: 2, cut: 1, terminated: 1 });
  await Promise.all([idle.closed(), hung.closed()]);
  t.true(performance.now() - begin < 5000);
});

test.serial('a stop leaves no socket behind, though a client that was refused never closes', async (t) => {
  const { server, connect } = await start(t, { concurrencyPerThread: 1 });
  connect().request(get('/wait/60000'));
  await runs(server, 1);
  const stubborn = connect();
  stubborn.socket.removeAllListeners('end');
  stubborn.request(get('/'));
  await until(() => server.stats().pending === 1, 'one waits');
  await server.stop({ gracefulTimeoutMs: 100 });
  await until(() => server.stats().connections === 0, 'no connection is left');
  t.is((await stubborn.response()).status, 503);
});

// --- Limits ---------------------------------------------------------------------------------------

test.serial('maxPending 0 serves what a thread is free for and refuses the rest at once', async (t) => {
  const { server, connect } = await start(t, { maxPending: 0 });
  await until(() => server.stats().threads[0]?.state === 'asleep', 'the thread sleeps');
  const [first, second] = [connect(), connect()];
  first.request(get('/block/200'));
  await runs(server, 1);
  second.request(get('/'));
  t.is((await second.response()).status, 503);
  t.is((await first.response()).status, 200);
  t.is(server.stats().rejected.maxPending, 1);
  await until(() => server.stats().threads[0]?.state === 'asleep', 'the thread sleeps');
  t.truthy(await ask(first, '/', 2));
});

test.serial('who waits longer than maxWaitMs gets 503, and the server serves on', async (t) => {
  const { server, connect } = await start(t, { maxWaitMs: 100 });
  const [blocking, late] = [connect(), connect()];
  blocking.request(get('/block/400'));
  await runs(server, 1);
  late.request(get('/'));
  const response = await late.response();
  t.is(response.head + response.body.toString(), SERVER_BUSY.text);
  t.is((await blocking.response()).status, 200);
  t.truthy(await ask(connect(), '/'));
  t.is(server.stats().rejected.maxWait, 1);
  t.is(server.stats().pending, 0);
});

// --- Threads that die -----------------------------------------------------------------------------

for (const how of ['exit', 'throw', 'terminate'] as const) {
  test.serial(`a thread's death (${how}) is a 503 in place; its successor serves what is pipelined`, async (t) => {
    const { server, connect } = await start(t);
    const client = connect();
    const before = await ask(client, '/');
    client.request(get(how === 'terminate' ? '/wait/60000' : `/${how}`));
    client.request(get('/behind'));
    if (how === 'terminate') {
      await runs(server, 1, 1);
      Server.terminateThread(server, 0);
    }
    const response = await client.response(2);
    t.is(response.head + response.body.toString(), THREAD_FAILED.text);
    const after = (await client.response(3)).body.toString();
    t.regex(after, /^\d+$/);
    t.not(after, before);
    t.is(server.stats().refused.threadFailed, 1);
    t.is(server.stats().threads.length, 1);
    await until(() => server.stats().running === 0, 'nothing runs');
  });
}

test.serial('a thread that dies in the middle of a reply: its client is cut, no other is', async (t) => {
  const { connect } = await start(t, { threadCount: 2 });
  const [victim, other] = [connect(), connect()];
  await ask(other, '/');
  victim.request(get('/half'));
  await victim.closed();
  t.is(victim.responses.length, 0);
  t.truthy(await ask(other, '/', 2));
});

interface Ended {
  readonly thread: number;
  readonly restartPauseMs: number;
  readonly replied: number;
  readonly err?: { readonly message: string };
}

test.serial('a thread that dies at its start is tried again after growing pauses; each death is logged', async (t) => {
  const ended: Ended[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void ended.push(JSON.parse(line) as Ended) });
  const { server, connect } = await start(t, { logger });
  // Of the threads that start from now on: their environment is a copy.
  process.env['DIES_AT_START'] = '1';
  const client = connect();
  client.request(get('/exit'));
  t.is((await client.response()).status, 503);
  // Two lives may have begun before, with the environment of then.
  await until(() => ended.length >= 4 && (ended.at(-1)?.restartPauseMs ?? 0) >= 200, 'it fails again and again');
  delete process.env['DIES_AT_START'];
  t.is(ended[0]?.restartPauseMs, 0, 'it had been ready');
  t.is(ended[0]?.replied, 1);
  const pauses = ended.map(({ restartPauseMs }) => restartPauseMs).filter((pauseMs) => pauseMs > 0);
  t.deepEqual(pauses, [100, 200, 400, 800].slice(0, pauses.length));
  t.truthy(ended[0]?.err?.message);
  client.request(get('/'));
  t.is((await client.response(2)).status, 200);
  t.is(server.stats().threads.length, 1);
});

// --- Counting -------------------------------------------------------------------------------------

test.serial('stats tell what is there and what was', async (t) => {
  const { server, connect } = await start(t, { threadCount: 2, concurrencyPerThread: 1 });
  t.like(server.stats(), { pending: 0, running: 0, connections: 0, lent: 0, accepted: 0, served: 0 });
  const clients = [connect(), connect(), connect()];
  for (const client of clients) client.request(get('/wait/300'));
  await until(() => server.stats().running === 2 && server.stats().pending === 1, 'two run, one waits');
  const lent = connect();
  lent.request('POST /wait/1000 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n', 'POST');
  await until(() => server.stats().connections === 4, 'all are there');
  t.is(server.stats().accepted, 4);
  for (const client of clients) t.is((await client.response()).status, 200);
  await until(() => server.stats().lent === 1, 'one is lent');
  lent.send('0\r\n\r\n');
  t.is((await lent.response()).status, 200);
  await until(() => server.stats().lent === 0, 'it has come back');
  const { served, threads, running, pending, rejected, refused } = server.stats();
  t.is(served, 4);
  t.is(
    threads.reduce((sum, { taken }) => sum + taken, 0),
    4,
  );
  t.deepEqual(
    threads.map(({ threadNumber }) => threadNumber),
    [0, 1],
  );
  for (const { threadId } of threads) t.is(typeof threadId, 'number');
  t.deepEqual([running, pending], [0, 0]);
  t.deepEqual(
    [...Object.values(rejected), ...Object.values(refused)].filter((count) => count !== 0),
    [],
  );
});

test.serial('two servers in one process have each their own', async (t) => {
  const [one, other] = [await start(t), await start(t)];
  t.not(portOf(one.server), portOf(other.server));
  t.not(await ask(one.connect(), '/'), await ask(other.connect(), '/'));
  await one.server.stop();
  t.is(one.server.stats().served, 1);
  t.truthy(await ask(other.connect(), '/'));
  await until(() => other.server.stats().served === 2, 'two are served');
});
