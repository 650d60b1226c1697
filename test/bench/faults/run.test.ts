/** The command itself, once, as short as can be: a thread fails, and a table says what clients noticed. */
import test, { type ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isLong } from '../../helpers/amounts.ts';

const RUN = fileURLToPath(new URL('../../../bench/faults/run.js', import.meta.url));
const FEW = ['--seconds', '1', '--rate', '50', '--connections', '10', '--threads', '2'];

const runFaults = (args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  // Exits with 1 also where it finds that the machine was too slow for what is promised.
  new Promise((resolve) =>
    execFile(process.execPath, [RUN, ...args], (_error, stdout, stderr) => resolve({ stdout, stderr })),
  );

const injects = async (t: ExecutionContext): Promise<void> => {
  const { stdout } = await runFaults(['throw', '--against', 'hyperion', '--node', process.execPath, ...FEW]);
  t.regex(stdout, /## throw\n\nEvery second a timer throws in a thread\./);
  const cells = /\| hyperion \|.*\|/.exec(stdout)?.[0].split(' | ') ?? [];
  const [, sent, answered, unanswered, ends, , idleLost] = cells;
  t.true(Number(sent) > 20);
  t.regex(answered ?? '', /200: \d+/);
  t.deepEqual([unanswered, ends, idleLost], ['0', '0 / 0', '0']);
  t.regex(stdout, /503 thread_failed: 1 \|/, 'the request that was the fault');
};
// Twelve seconds: it stands in the long form alone.
if (isLong) test('a fault is injected at this project, and printed as a table', injects);

test('a fault that there is none of is named', async (t) => {
  const { stderr } = await runFaults(['earthquake']);
  t.regex(stderr, /No earthquake; there are throw, exit, oom, hang, reload, emfile, resets, slow-senders/);
});
