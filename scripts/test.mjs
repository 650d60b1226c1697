// Runs the tests in two groups: those that only say right or wrong, three files at a time, and then
// those that assert figures of time or short time-outs, each with the machine to itself. Given anything but --tap it
// hands its arguments to ava as they are: `npm test -- build/test/index.test.js`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TIMED = [
  'build/test/behaviour/accept-burst.test.js',
  // Both hold time-outs of some 100 ms against those of node:http.
  'build/test/behaviour/fidelity.test.js',
  'build/test/behaviour/http-conformance.test.js',
  'build/test/behaviour/lone-wake-ups.test.js',
  'build/test/behaviour/mixed-load.test.js',
  'build/test/behaviour/overload.test.js',
];

const root = fileURLToPath(new URL('../', import.meta.url));
const args = process.argv.slice(2);

if (args.some((arg) => arg !== '--tap')) {
  process.exitCode = ava(args);
} else {
  const files = readdirSync(`${root}build/test`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.js'))
    .map((path) => `build/test/${path}`);
  const untimed = files.filter((path) => !TIMED.includes(path));
  // Both groups run whatever the first one says: a run tells all that is wrong.
  const codes = [ava([...args, ...untimed]), ava([...args, '--concurrency', '1', ...TIMED])];
  process.exitCode = Math.max(...codes);
}

function ava(given) {
  const cli = `${root}node_modules/ava/entrypoints/cli.mjs`;
  const { status } = spawnSync(process.execPath, [cli, ...given], { cwd: root, stdio: 'inherit' });
  // No status: a signal ended it.
  return status ?? 1;
}
