// Prints the test files that a TAP log names as failed, one a line: `node scripts/failed-files.mjs LOG`.
// Exits with 1 where a failure can't be traced to a file, or there is none.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../build/', import.meta.url));
const files = ['test', 'together']
  .flatMap((name) => readdirSync(folder + name, { recursive: true, encoding: 'utf8' }).map((path) => `${name}/${path}`))
  .filter((path) => path.endsWith('.test.js'));
const titles = readFileSync(process.argv[2] ?? '', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('not ok '))
  .map((line) => line.replace(/^not ok \d+ - /, ''));

const found = titles.map(fileOf);
if (found.length === 0 || found.includes(undefined)) process.exitCode = 1;
else for (const file of new Set(found)) console.log(`build/${file}`);

// ava puts the file's path in front of a title, as `test › behaviour › deaths › ...`, less what all files
// share. Of files that ran together it is the path of what they ran in, `together › acceptor › ...`.
function fileOf(title) {
  const named = files.find((file) => title.includes(`build/${file}`));
  if (named !== undefined) return named;
  const parts = title.split(' › ');
  for (let count = parts.length - 1; count > 0; count -= 1) {
    const path = `${parts.slice(0, count).join('/')}.test.js`;
    const file = files.find((candidate) => candidate === path || candidate.endsWith(`/${path}`));
    if (file !== undefined) return file;
  }
  return undefined;
}
