// Compiles src to dist, and with --tests also src, test and bench to build. Does nothing for a
// folder that is newer than all its sources. Files whose source is gone are deleted, so that a
// test that was removed does not run on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const stamps = join(root, 'node_modules', '.cache', 'hyperion');

const targets = [{ project: 'tsconfig.build.json', sources: 'src', out: 'dist', inputs: ['src'] }];
if (process.argv.includes('--tests')) {
  targets.push({ project: 'tsconfig.test.json', sources: '.', out: 'build', inputs: ['src', 'test', 'bench'] });
}

for (const target of targets) {
  if (isFresh(target)) continue;
  // Taken before the compiler reads: what is saved while it runs is compiled next time.
  const begun = new Date();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', target.project], { cwd: root, stdio: 'inherit' });
  prune(target);
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stampOf(target), begun.toISOString());
}

function stampOf({ out }) {
  return join(stamps, `built-${out}`);
}

function isFresh(target) {
  if (!existsSync(join(root, target.out)) || !existsSync(stampOf(target))) return false;
  const built = Date.parse(readFileSync(stampOf(target), 'utf8'));
  const inputs = [
    'tsconfig.json',
    target.project,
    'package-lock.json',
    ...target.inputs.flatMap((folder) => [folder, ...filesOf(folder)]),
  ];
  return inputs.every((path) => statSync(join(root, path)).mtimeMs < built);
}

function prune({ sources, out }) {
  for (const path of filesOf(out)) {
    const source = /^(.*)\.(?:js|d\.ts|js\.map)$/.exec(path)?.[1];
    if (source === undefined) continue;
    const relative = join(sources, source.slice(out.length + 1));
    if (!existsSync(join(root, `${relative}.ts`))) rmSync(join(root, path), { force: true });
  }
}

/**
 * Files and folders below a folder, relative to the project: folders too, as a deletion shows only there. Without
 * what is installed (bench has packages of its own).
 */
function filesOf(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = folder + sep + entry.name;
    return entry.isDirectory() ? [path, ...filesOf(path)] : [path];
  });
}
