/**
 * The rows of docs/failures.md: what the app does, what its client sees, what the log says, what
 * becomes of the thread. One server for all of them, so that each also shows that the one before left
 * nothing behind. Titles are the rows' first cells; rows that other files test name those files.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { Server } from '../../src/server.ts';
import type { ServerOptions } from '../../src/shared/options/options.ts';
import { HEADERS_TOO_LARGE, INTERNAL_SERVER_ERROR, THREAD_FAILED } from '../../src/shared/replies.ts';
import { get } from '../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { fixtureUrl, untilSo } from '../helpers/server-under-test.ts';
import { projectFolder } from '../helpers/hyperion-process.ts';

const PATIENCE_MS = 15_000;

interface Logged {
  readonly level: number;
  readonly msg: string;
  readonly err?: { readonly message: string; readonly code?: string };
  readonly [field: string]: unknown;
}

interface Failing {
  readonly server: Server;
  readonly logged: Logged[];
  readonly connect: (t: ExecutionContext) => RawConnection;
  readonly nextLog: (count: number) => Promise<Logged>;
}

const start = async (options: Partial<ServerOptions> = {}): Promise<Failing> => {
  const lines = new PassThrough();
  const logged: Logged[] = [];
  lines.on('data', (line: Buffer) => {
    for (const text of line.toString().trim().split('\n')) logged.push(JSON.parse(text) as Logged);
  });
  const server = new Server({
    app: fixtureUrl('failing.mjs'),
    port: 0,
    threadCount: 1,
    logger: pino({ level: 'info' }, lines),
    // Small, so that a thread that hoards is out of memory soon.
    resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
    ...options,
  });
  await server.start();
  const { port } = server.address() as AddressInfo;
  return {
    server,
    logged,
    connect(t) {
      const client = new RawConnection(port);
      t.teardown(() => client.socket.destroy());
      return client;
    },
    async nextLog(count) {
      await untilSo(
        () => logged.length >= count,
        () => `Only ${logged.length} lines are logged: ${JSON.stringify(logged)}`,
        PATIENCE_MS,
      );
      return logged[count - 1] as Logged;
    },
  };
};

let failing: Failing;
test.before(async () => {
  failing = await start();
});
test.after.always(() => failing.server.stop({ gracefulTimeoutMs: 0 }));

interface Row {
  readonly path: string;
  /** The whole answer, or its status, and whether the connection lives on; 'cut': closed without a whole answer. */
  readonly client: { readonly text: string } | { readonly status: number } | 'cut';
  readonly connectionLives: boolean;
  readonly log: Readonly<Record<string, unknown>> | undefined;
  readonly threadDies: boolean;
}

const row = test.macro<[Row]>(async (t, { path, client, connectionLives, log, threadDies }) => {
  const { connect, logged, nextLog, server } = failing;
  const connection = connect(t);
  connection.request(get('/'));
  const threadBefore = (await connection.response()).body.toString();
  const linesBefore = logged.length;
  connection.request(get(path));
  if (client === 'cut') {
    await connection.closed();
    t.is(connection.responses.length, 1);
  } else {
    const response = await connection.response(2);
    if ('text' in client) t.is(response.head + response.body.toString(), client.text);
    else t.is(response.status, client.status);
  }
  if (log !== undefined) t.like(await nextLog(linesBefore + 1), log);
  if (connectionLives) connection.request(get('/'));
  else await connection.closed();
  const next = connectionLives ? connection : connect(t);
  if (!connectionLives) next.request(get('/'));
  const threadAfter = (await next.response(connectionLives ? 3 : 1)).body.toString();
  t.is(threadAfter !== threadBefore, threadDies);
  t.is(logged.length, linesBefore + (log === undefined ? 0 : 1));
  // An answer is with its client a little earlier than its loan ends.
  await untilSo(
    () => server.stats().running === 0,
    () => `${server.stats().running} run`,
    PATIENCE_MS,
  );
});

const SERVER_ERROR = { text: INTERNAL_SERVER_ERROR.text };
const FAILED = { text: THREAD_FAILED.text };

const failed = (path: string, err: Readonly<Record<string, unknown>>): Row['log'] => ({
  level: 50,
  msg: 'the app failed to handle a request',
  method: 'GET',
  url: path,
  err,
});
const died = (err: Readonly<Record<string, unknown>>, counts: { replied: number; cut: number }): Row['log'] => ({
  level: 50,
  msg: 'a thread ended and is replaced',
  thread: 0,
  restartPauseMs: 0,
  err,
  ...counts,
});
const ONE_REPLIED = { replied: 1, cut: 0 };

test.serial('throws in its handler', row, {
  path: '/throw',
  client: SERVER_ERROR,
  connectionLives: true,
  log: failed('/throw', { message: 'thrown in the handler' }),
  threadDies: false,
});
test.serial('rejects the promise of its handler', row, {
  path: '/reject',
  client: SERVER_ERROR,
  connectionLives: true,
  log: failed('/reject', { message: 'rejected by the handler' }),
  threadDies: false,
});
test.serial('throws after the reply has begun', row, {
  path: '/half',
  client: 'cut',
  connectionLives: false,
  log: failed('/half', { message: 'thrown after the reply began' }),
  threadDies: false,
});
test.serial('gives a header that may not be sent', row, {
  path: '/bad-header',
  client: SERVER_ERROR,
  connectionLives: true,
  log: failed('/bad-header', { message: 'Invalid character in header content ["x"]' }),
  threadDies: false,
});
test.serial('sets a header after the end of its reply', row, {
  path: '/head-twice',
  client: { status: 200 },
  connectionLives: true,
  log: failed('/head-twice', { message: 'Cannot set headers after they are sent to the client' }),
  threadDies: false,
});
test.serial('writes after the end of its reply, in the same turn', row, {
  path: '/after-end',
  client: { status: 200 },
  connectionLives: false,
  log: died({ code: 'ERR_STREAM_WRITE_AFTER_END' }, { replied: 0, cut: 1 }),
  threadDies: true,
});
test.serial('writes long after the end of its reply', row, {
  path: '/long-after-end',
  client: { status: 200 },
  connectionLives: true,
  log: undefined,
  threadDies: false,
});
test.serial('replies with huge headers', row, {
  path: '/huge-head',
  client: { status: 200 },
  connectionLives: true,
  log: undefined,
  threadDies: false,
});
test.serial('throws in a timer', row, {
  path: '/timer',
  client: FAILED,
  connectionLives: true,
  log: died({ message: 'thrown in a timer' }, ONE_REPLIED),
  threadDies: true,
});
test.serial('leaves a rejection unhandled', row, {
  path: '/unhandled',
  client: FAILED,
  connectionLives: true,
  log: died({ message: 'rejected, and nobody handles it' }, ONE_REPLIED),
  threadDies: true,
});
test.serial('calls process.exit()', row, {
  path: '/exit',
  client: FAILED,
  connectionLives: true,
  log: died({ message: 'worker exited with code: 3' }, ONE_REPLIED),
  threadDies: true,
});
test.serial('runs out of memory', row, {
  path: '/memory',
  client: FAILED,
  connectionLives: true,
  log: died({ code: 'ERR_WORKER_OUT_OF_MEMORY' }, ONE_REPLIED),
  threadDies: true,
});

test.serial('a request with huge headers', async (t) => {
  const { connect, server } = failing;
  const client = connect(t);
  client.request(get('/', `X: ${'h'.repeat(20_000)}\r\n`));
  const response = await client.response();
  t.is(response.head + response.body.toString(), HEADERS_TOO_LARGE.closeBytes.toString());
  await client.closed();
  t.is(server.stats().refused.headTooLarge, 1);
});

test.serial('other requests of a thread that dies', async (t) => {
  const { connect, server } = failing;
  const [waiting, dying] = [connect(t), connect(t)];
  waiting.request(get('/long-wait'));
  await untilSo(
    () => server.stats().running === 1,
    () => 'It does not run',
    PATIENCE_MS,
  );
  dying.request(get('/exit'));
  for (const client of [waiting, dying]) {
    const response = await client.response();
    t.is(response.head + response.body.toString(), THREAD_FAILED.text);
    client.request(get('/'));
    t.is((await client.response(2)).status, 200);
  }
});

test.serial('blocks for ever while it is imported: at the start', async (t) => {
  process.env['BLOCKS_AT_IMPORT'] = '1';
  const server = new Server({ app: fixtureUrl('failing.mjs'), port: 0, threadCount: 1, appLoadTimeoutMs: 50 });
  await t.throwsAsync(server.start(), { code: 'ERR_HYPERION_APP_LOAD_TIMEOUT' });
  delete process.env['BLOCKS_AT_IMPORT'];
  await server.closed;
});

test.serial('blocks for ever while it is imported: at a reload', async (t) => {
  const { server, connect, logged } = await start({ appLoadTimeoutMs: 500 });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  process.env['BLOCKS_AT_IMPORT'] = '1';
  const reloaded = server.reload();
  await t.throwsAsync(reloaded, { code: 'ERR_HYPERION_APP_LOAD_TIMEOUT' });
  delete process.env['BLOCKS_AT_IMPORT'];
  const client = connect(t);
  client.request(get('/'));
  t.is((await client.response()).status, 200);
  t.deepEqual(logged, [], 'whoever asked for the reload has the error');
});

test('every row of docs/failures.md is the title of a test', (t) => {
  const page = readFileSync(`${projectFolder}docs/failures.md`, 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| the ') && !line.startsWith('| ---'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  t.true(rows.length >= 18);
  for (const cells of rows) {
    const [title = '', file = ''] = [cells[1], cells.at(-2)?.replaceAll('`', '')];
    const path = `${projectFolder}test/${file}.test.ts`;
    t.true(existsSync(path) && readFileSync(path, 'utf8').includes(title), `${title}: not in ${path}`);
  }
});
