// Runs the tests in two groups: those that only say right or wrong, three files at a time, and then
// those that assert figures of time or short time-outs, each with the machine to itself. A process for a
// file costs half a second of a processor before its first test: files that need none of their own share
// one with others of their folder. Given anything but --tap it hands its arguments to ava as they are:
// `npm test -- build/test/index.test.js`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/**
 * What a test file has that may disturb others in its process, or be disturbed by them: sockets, threads,
 * processes, timers, what belongs to the whole process, and helpers that bring such.
 */
const NEEDS_ITS_OWN_PROCESS = new RegExp(
  [
    /from '(?:node:(?!(?:buffer|fs|url|util)')|pino'|[^']*\/libc\.js')/,
    /helpers\/(?!(?:direct-reply|heads|random|response-parser|shared-memory)\.js)/,
    /\bset(?:Timeout|Interval|Immediate)\(|\bprocess\.|\bdelay\(/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** Folders with enough of them to fill a process; the others share one. */
const FOLDERS = ['acceptor', 'app-adapter', 'bench', 'shared'];

const root = fileURLToPath(new URL('../', import.meta.url));
const args = process.argv.slice(2);

if (args.some((arg) => arg !== '--tap')) {
  process.exitCode = ava(args);
} else {
  const files = readdirSync(`${root}build/test`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.js'))
    .map((path) => `build/test/${path}`);
  const untimed = files.filter((path) => !TIMED.includes(path));
  const alone = untimed.filter(needsItsOwnProcess);
  const shared = writeShared(untimed.filter((path) => !alone.includes(path)));
  // Both groups run whatever the first one says: a run tells all that is wrong.
  const codes = [ava([...args, ...shared, ...alone]), ava([...args, '--concurrency', '1', ...TIMED])];
  process.exitCode = Math.max(...codes);
}

function needsItsOwnProcess(path) {
  return path.startsWith('build/test/behaviour/') || NEEDS_ITS_OWN_PROCESS.test(readFileSync(root + path, 'utf8'));
}

/** Files that import these by folder. Within each all titles must differ, as ava asks for within a file. */
function writeShared(paths) {
  const folderOf = (path) => FOLDERS.find((folder) => path.startsWith(`build/test/${folder}/`)) ?? 'rest';
  rmSync(`${root}build/together`, { recursive: true, force: true });
  mkdirSync(`${root}build/together`);
  return [...FOLDERS, 'rest'].map((folder) => {
    const imports = paths.filter((path) => folderOf(path) === folder).sort();
    const shared = `build/together/${folder}.test.js`;
    writeFileSync(root + shared, imports.map((path) => `import '../../${path}';\n`).join(''));
    return shared;
  });
}

function ava(given) {
  const cli = `${root}node_modules/ava/entrypoints/cli.mjs`;
  const { status } = spawnSync(process.execPath, [cli, ...given], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, HYPERION_TEST_RUN: '1' },
  });
  // No status: a signal ended it.
  return status ?? 1;
}
