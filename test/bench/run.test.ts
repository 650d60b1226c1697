/** The command itself, once, as short as can be: a server is started, checked, measured and stopped. */
import test from 'ava';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const RUN = fileURLToPath(new URL('../../bench/run.js', import.meta.url));

test('a scenario is measured and printed as a table, with ratios', async (t) => {
  const args = ['loan-alone', '--quick', '--rounds', '1', '--seconds', '0.3', '--node', process.execPath];
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, ...args]);
  t.regex(stdout, /\| node:http, 1 process \| [\d,]+ \|/);
  t.regex(stdout, /\| hyperion, 1 thread \| [\d,]+ \|/);
  t.regex(stdout, /hyperion \/ node:http, 1 x, 1 pairs.*CPU\/request \d/);
  t.notRegex(stdout, /FAILED/);
});
