/** Real threads that load real apps; the server around them is the test. */
import { EventEmitter, once } from 'node:events';
import { fstatSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { type ThreadExit, ThreadPool } from '../../src/pool/thread-pool.ts';
import { HyperionError } from '../../src/shared/errors.ts';
import { resolveOptions, type ServerOptions } from '../../src/shared/options.ts';
import { fixtureUrl } from '../helpers/server-under-test.ts';
import { createShared } from '../helpers/shared-memory.ts';

const libc = loadLibc();

interface Rig {
  readonly pool: ThreadPool;
  readonly ready: { readonly line: number; readonly bell: number }[];
  readonly exits: (ThreadExit & { readonly line: number })[];
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
    onExit: (line, { writeEnd }, exit) => {
      libc.close(writeEnd);
      exits.push({ ...exit, line });
      news.emit('exit');
    },
    onMessage: () => {},
  });
  t.teardown(async () => {
    await pool.stop(1000);
    libc.close(acceptorReadEnd);
    libc.close(acceptorBellDescriptor);
  });
  return {
    pool,
    ready,
    exits,
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
  t.true(threads.every(({ isReady, threadId }) => isReady && threadId !== undefined));
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

test('a thread that ends is replaced once the pool is supervised; its line is told of first', async (t) => {
  const { pool, ready, nthExit, nthReady } = create(t);
  await pool.start();
  pool.superviseFromNow();
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

test('a thread that ends before the pool is supervised is replaced then', async (t) => {
  const { pool, nthExit, nthReady, exits } = create(t, { threadCount: 2 });
  await pool.start();
  pool.terminate(1);
  await nthExit(1);
  t.is([...pool.threads].length, 1);
  pool.superviseFromNow();
  await nthReady(3);
  t.is([...pool.threads].length, 2);
  t.is(exits.length, 1, 'and no other');
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
  pool.superviseFromNow();
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
  pool.superviseFromNow();
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
