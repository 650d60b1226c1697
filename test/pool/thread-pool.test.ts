/** Real threads that load real apps; the server around them is the test. */
import { EventEmitter, once } from 'node:events';
import { fstatSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { type ThreadExit, ThreadPool } from '../../src/pool/thread-pool.ts';
import { HyperionError } from '../../src/shared/errors/errors.ts';
import { resolveOptions, type ServerOptions } from '../../src/shared/options/options.ts';
import { fixtureUrl } from '../helpers/server-under-test.ts';
import { createShared } from '../helpers/shared-memory.ts';

const libc = loadLibc();

interface Logged {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

interface Rig {
  readonly pool: ThreadPool;
  readonly ready: { readonly line: number; readonly bell: number }[];
  readonly exits: (ThreadExit & { readonly line: number })[];
  readonly retired: readonly number[];
  readonly logged: readonly Logged[];
  nthLog(nth: number): Promise<Logged>;
  nthReady(nth: number): Promise<void>;
  nthExit(nth: number): Promise<ThreadExit & { readonly line: number }>;
}

const create = (
  t: ExecutionContext,
  given: Partial<ServerOptions> = {},
  createBell: () => [number, number] = () => libc.createPipe(),
): Rig => {
  const { logger: _, ...options } = resolveOptions({ app: fixtureUrl('mortal.mjs'), threadCount: 1, ...given });
  const { buffer, layout } = createShared(options);
  const [acceptorReadEnd, acceptorBellDescriptor] = libc.createPipe();
  const ready: Rig['ready'] = [];
  const exits: Rig['exits'] = [];
  const retired: number[] = [];
  const logged: Logged[] = [];
  const news = new EventEmitter();
  const pool = new ThreadPool({
    options,
    threadUrl: new URL('../../src/app-adapter/thread-entry.cjs', import.meta.url),
    lineCount: layout.lineCount,
    common: { buffer, layout, acceptorBellDescriptor, options, port: 9 },
    createBell,
    onReady: (line, bell) => {
      ready.push({ line, bell });
      news.emit('ready');
    },
    onRetire: (line) => retired.push(line),
    onExit: (line, { writeEnd }, exit) => {
      libc.close(writeEnd);
      exits.push({ ...exit, line });
      news.emit('exit');
    },
    onMessage: () => {},
    log: (level, fields, message) => {
      logged.push({ level, fields, message });
      news.emit('log');
    },
  });
  t.teardown(async () => {
    await pool.stop(1000);
    libc.close(acceptorReadEnd);
    libc.close(acceptorBellDescriptor);
  });
  return {
    pool,
    ready,
    retired,
    exits,
    logged,
    async nthLog(nth) {
      while (logged.length < nth) await once(news, 'log');
      return logged[nth - 1] as Logged;
    },
    async nthReady(nth) {
      while (ready.length < nth) await once(news, 'ready');
    },
    async nthExit(nth) {
      while (exits.length < nth) await once(news, 'exit');
      return exits[nth - 1] as Rig['exits'][number];
    },
  };
};

test('a start resolves when all threads are ready, each with a line and a bell of its own', async (t) => {
  const { pool, ready } = create(t, { threadCount: 3 });
  await pool.start();
  t.is(ready.length, 3);
  t.is(new Set(ready.map(({ line }) => line)).size, 3);
  t.is(new Set(ready.map(({ bell }) => fstatSync(bell).ino)).size, 3);
  const threads = [...pool.threads];
  t.deepEqual(
    threads.map(({ threadNumber }) => threadNumber).sort((one, other) => one - other),
    [0, 1, 2],
  );
  t.true(threads.every(({ state, threadId }) => state === 'serving' && threadId !== undefined));
});

test("a start fails with the app's error, and the threads that live are ended by the stop", async (t) => {
  const { pool, exits } = create(t, { app: fixtureUrl('load/throws.mjs'), threadCount: 2 });
  await t.throwsAsync(pool.start(), { message: 'no database', code: 'E_DATABASE' });
  await pool.stop(1000);
  t.is(exits.length, 2);
  t.deepEqual(
    exits.map(({ wasReady }) => wasReady),
    [false, false],
  );
  t.deepEqual([...pool.threads], []);
});

test('an app that never finishes loading ends its start after appLoadTimeoutMs', async (t) => {
  const { pool } = create(t, { app: fixtureUrl('load/hangs.mjs'), appLoadTimeoutMs: 100 });
  const error = await t.throwsAsync(pool.start());
  t.regex((error as HyperionError).code, /^ERR_HYPERION_APP_(LOAD_TIMEOUT|STUCK)$/);
});

test('a thread that ends is replaced; its line is told of first', async (t) => {
  const { pool, ready, nthExit, nthReady } = create(t);
  await pool.start();
  const threadId = [...pool.threads][0]?.threadId as number;
  pool.terminate(0);
  const exit = await nthExit(1);
  t.like(exit, { threadNumber: 0, threadId, wasReady: true, restartPauseMs: 0, line: ready[0]?.line as number });
  t.truthy(exit.error);
  t.is(ready.length, 1, 'its successor comes after it');
  await nthReady(2);
  const [successor] = [...pool.threads];
  t.is(successor?.threadNumber, 0);
  t.not(successor?.threadId, threadId);
});

test('a replacement for which there is no descriptor is tried again', async (t) => {
  let refusals = 0;
  const { pool, nthReady } = create(t, {}, () => {
    if (refusals > 0) {
      refusals -= 1;
      throw Object.assign(new Error('pipe2: EMFILE'), { code: 'EMFILE' });
    }
    return libc.createPipe();
  });
  await pool.start();
  refusals = 2;
  pool.terminate(0);
  await nthReady(2);
  t.is(refusals, 0);
  t.is([...pool.threads].length, 1);
});

test('messages reach the thread of the line, or all, or nobody', async (t) => {
  const { pool, ready } = create(t, { threadCount: 2 });
  await pool.start();
  const lines = ready.map(({ line }) => line);
  // Both end when they are told to stop; the one that is told does so first.
  pool.tell(lines[0] as number, { type: 'stop' });
  const unused = 6;
  t.notThrows(() => pool.tell(unused, { type: 'stop' }));
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if ([...pool.threads].length === 1) resolve();
      else setImmediate(look);
    };
    look();
  });
  t.is([...pool.threads][0]?.line, lines[1]);
  pool.tellAll({ type: 'stop' });
});

test('a stop lets the app close, and is over as soon as it has', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
  t.teardown(() => rmSync(folder, { recursive: true }));
  process.env['CLOSED_FILE'] = `${folder}/closed`;
  const { pool, exits } = create(t, { app: fixtureUrl('slow-close.mjs') });
  await pool.start();
  const begin = performance.now();
  await pool.stop(60_000);
  t.true(performance.now() - begin < 20_000);
  t.true(existsSync(`${folder}/closed`));
  t.is(exits.length, 1);
  t.is(exits[0]?.restartPauseMs, undefined, 'not replaced');
});

test('a stop ends what does not close in time', async (t) => {
  const { pool, exits } = create(t, { app: fixtureUrl('never-closes.mjs') });
  await pool.start();
  const begin = performance.now();
  await pool.stop(100);
  t.true(performance.now() - begin >= 99);
  t.is(exits.length, 1);
});

// --- Replacing one thread -------------------------------------------------------------------------

const GENERATIONS = { app: fixtureUrl('generations.mjs') };

/** Of the threads that start until the test ends, or sets another: their environment is a copy. */
const setVersion = (version: string | undefined): void => {
  if (version === undefined) delete process.env['VERSION'];
  else process.env['VERSION'] = version;
};

const statesOf = (pool: ThreadPool): string[] => [...pool.threads].map(({ state }) => state);

test.serial('a replaced thread serves until its replacement does, is rung no more, and closes', async (t) => {
  const { pool, ready, retired, exits, logged, nthExit } = create(t, { ...GENERATIONS, threadCount: 2 });
  await pool.start();
  const old = [...pool.threads].find(({ threadNumber }) => threadNumber === 1);
  t.true(pool.recycle(1, 'asked'));
  t.is(old?.state, 'serving');
  t.false(pool.recycle(1, 'asked'), 'it is being replaced');
  t.false(pool.recycle(0, 'asked'), 'one at a time');
  const exit = await nthExit(1);
  t.like(exit, { threadNumber: 1, retired: 'asked', error: undefined, wasReady: true, restartPauseMs: undefined });
  t.is(exit.threadId, old?.threadId);
  t.deepEqual(retired, [old?.line as number]);
  t.is(ready.length, 3, 'its replacement came before it went');
  t.deepEqual(
    [...pool.threads].map(({ threadNumber }) => threadNumber).sort((one, other) => one - other),
    [0, 1],
  );
  t.like(logged[0], { level: 'info', fields: { thread: 1, reason: 'asked' } });
  t.is(exits.length, 1);
});

test.serial(
  'a replacement that fails to load leaves the old thread serving, and is not tried again at once',
  async (t) => {
    const { pool, retired, nthLog, nthExit } = create(t, GENERATIONS);
    await pool.start();
    setVersion('broken');
    const hasBegun = pool.recycle(0, 'asked');
    const exit = await nthExit(1);
    setVersion(undefined);
    t.true(hasBegun);
    t.like(exit, { wasReady: false, retired: undefined, restartPauseMs: undefined });
    const { level, fields } = await nthLog(2);
    t.is(level, 'error');
    t.like(fields, { thread: 0, err: { message: 'broken on purpose', code: 'E_BROKEN' } });
    t.deepEqual(statesOf(pool), ['serving']);
    t.deepEqual(retired, []);
    t.false(pool.recycle(0, 'asked'));
  },
);

const countTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test.serial('a thread that dies while its replacement loads has its place taken by that one alone', async (t) => {
  const { pool, ready, nthExit, nthReady } = create(t, GENERATIONS);
  const timers = countTimers();
  await pool.start();
  setVersion('slow');
  pool.recycle(0, 'asked');
  setVersion(undefined);
  pool.terminate(0);
  t.like(await nthExit(1), { wasReady: true, retired: undefined, restartPauseMs: 0 });
  await nthReady(2);
  t.deepEqual(statesOf(pool), ['serving']);
  t.is(ready.length, 2);
  await pool.stop(1000);
  t.is(countTimers(), timers, 'nothing keeps the process alive for the dead one');
});

test('a replaced thread whose app does not close is ended soon, not when its requests would have had their time', async (t) => {
  const { pool, nthExit } = create(t, { app: fixtureUrl('never-closes.mjs'), gracefulTimeoutMs: 600_000 });
  await pool.start();
  t.true(pool.recycle(0, 'asked'));
  t.like(await nthExit(1), { retired: 'asked', wasReady: true });
});

test('only a thread that is there and serves is replaced', async (t) => {
  const { pool } = create(t, GENERATIONS);
  t.false(pool.recycle(0, 'asked'), 'it has not started');
  await pool.start();
  t.false(pool.recycle(1, 'asked'), 'there is none');
  await pool.stop(1000);
  t.false(pool.recycle(0, 'asked'), 'it has stopped');
});

// --- Reloading ------------------------------------------------------------------------------------

const generationsOf = (pool: ThreadPool): number[] => [...pool.threads].map(({ generation }) => generation);

test.serial('a reload starts all threads anew and then lets the old ones end', async (t) => {
  const { pool, ready, exits, nthExit } = create(t, { ...GENERATIONS, threadCount: 2 });
  await pool.start();
  await pool.reload();
  t.is(ready.length, 4);
  t.is(exits.length, 0);
  await nthExit(2);
  t.deepEqual(generationsOf(pool), [1, 1]);
  t.true(exits.every(({ retired, error }) => retired === 'reload' && error === undefined));
});

/** Of the two threads of a reload: on few cores they load the app one after the other, and the second does not try. */
const LOADING_AT_ONCE = Math.min(2, Math.max(1, Math.floor(availableParallelism() / 2)));

test.serial('a reload whose app does not load fails with its error and changes nothing', async (t) => {
  const { pool, retired, exits, nthExit } = create(t, { ...GENERATIONS, threadCount: 2 });
  await pool.start();
  setVersion('broken');
  const reloaded = pool.reload();
  await t.throwsAsync(reloaded, { message: 'broken on purpose', code: 'E_BROKEN' });
  setVersion(undefined);
  await nthExit(LOADING_AT_ONCE);
  t.is(exits.length, LOADING_AT_ONCE);
  t.deepEqual(generationsOf(pool), [0, 0]);
  t.deepEqual(statesOf(pool), ['serving', 'serving']);
  t.true(exits.every(({ wasReady, restartPauseMs }) => !wasReady && restartPauseMs === undefined));
  await pool.reload();
  t.is(retired.filter((line) => line <= 2).length, 2, 'the next one succeeds');
});

test.serial('any number of reloads during a reload are one more', async (t) => {
  const { pool, ready, nthExit } = create(t, GENERATIONS);
  await pool.start();
  const first = pool.reload();
  const [second, third] = [pool.reload(), pool.reload()];
  t.is(second, third);
  t.not(first, second);
  await first;
  t.is(ready.length, 2);
  await second;
  t.is(ready.length, 3);
  await nthExit(2);
  t.deepEqual(generationsOf(pool), [2]);
});

test.serial('a stop during a reload ends both generations', async (t) => {
  const { pool, exits } = create(t, { ...GENERATIONS, threadCount: 2 });
  await pool.start();
  setVersion('slow');
  const reloaded = pool.reload();
  const followed = pool.reload();
  setVersion(undefined);
  const stopped = pool.stop(5000);
  await t.throwsAsync(reloaded, { code: 'ERR_HYPERION_SERVER_WRONG_STATE' });
  await t.throwsAsync(followed, { code: 'ERR_HYPERION_SERVER_WRONG_STATE' });
  t.is(await stopped, 0, 'all closed by themselves');
  t.deepEqual([...pool.threads], []);
  t.true(exits.length >= 2);
});

test.serial('a dead thread of the new generation is replaced, one of the old is not', async (t) => {
  const { pool, ready, nthExit, nthReady } = create(t, GENERATIONS);
  await pool.start();
  await pool.reload();
  await nthExit(1);
  pool.terminate(0);
  t.like(await nthExit(2), { restartPauseMs: 0, retired: undefined });
  await nthReady(3);
  t.deepEqual(generationsOf(pool), [1]);
  t.is(ready.length, 3);
});
