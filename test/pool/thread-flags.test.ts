import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { type ThreadFlags, withThreadFlags } from '../../src/pool/thread-flags.ts';

const CHECK = '--no-force-async-hooks-checks';

/** Starts a thread with the flags that node takes of these; gives them, and its exit code. */
async function startWith(processFlags: readonly string[]): Promise<[ThreadFlags, unknown]> {
  const [worker, flags] = withThreadFlags(
    (taken) => [new Worker('process.exit(7)', { eval: true, ...taken }), taken] as const,
    processFlags,
  );
  const [exitCode] = (await once(worker, 'exit')) as unknown[];
  return [flags, exitCode];
}

test('a thread gets the flags of its process, and one more', async (t) => {
  t.deepEqual(await startWith([]), [{ execArgv: [CHECK] }, 7]);
  const flags = ['--enable-source-maps', '--import', 'data:text/javascript,'];
  t.deepEqual(await startWith(flags), [{ execArgv: [...flags, CHECK] }, 7]);
});

test('flags that only a process can have are left out', async (t) => {
  const flags = ['--max-old-space-size=900', '--enable-source-maps', '--max-semi-space-size=8'];
  t.deepEqual(await startWith(flags), [{ execArgv: ['--enable-source-maps', CHECK] }, 7]);
});

test('where flags cannot be told apart the thread inherits them', async (t) => {
  // The value stands in a place of its own, which node takes for a script.
  const [flags, exitCode] = await startWith(['--max-old-space-size', '900']);
  t.is(exitCode, 7);
  t.true(flags.execArgv === undefined || !flags.execArgv.includes('--max-old-space-size'));
});

test('any other error is thrown', (t) => {
  const error = new Error('no memory');
  t.is(
    t.throws(() =>
      withThreadFlags(() => {
        throw error;
      }),
    ),
    error,
  );
});
