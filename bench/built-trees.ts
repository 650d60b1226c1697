/**
 * Builds of the product that are measured, in folders of their own under the system's temporary
 * one: this tree as it was compiled when the run began (somebody may go on working on it), and
 * another revision beside it. Out: the URL of the index.js.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface BuiltTree {
  readonly indexUrl: string;
  remove(): void;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The same packages for all trees: what differs is the product's own code. A link, which rmSync does not follow. */
const makeFolder = (name: string): string => {
  const folder = mkdtempSync(path.join(tmpdir(), `hyperion-${name}-`));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
};

const builtTree = (folder: string): BuiltTree => {
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Also when the run is interrupted.
  process.once('exit', remove);
  return { indexUrl: pathToFileURL(path.join(folder, 'dist/index.js')).href, remove };
};

export const copyOwnTree = (): BuiltTree => {
  const folder = makeFolder('own');
  cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  cpSync(path.join(ROOT, 'build/src'), path.join(folder, 'dist'), { recursive: true });
  return builtTree(folder);
};

/** In: anything git knows as a commit. */
export const buildBaseTree = (revision: string): BuiltTree & { readonly commit: string } => {
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: ROOT, maxBuffer: 2 ** 28 });
  const commit = git('rev-parse', '--short', '--verify', `${revision}^{commit}`).toString().trim();
  const folder = makeFolder('base');
  const tree = builtTree(folder);
  try {
    const archive = git('archive', commit, 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json');
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    // The compiler alone, not the build script: that one keeps stamps in node_modules, which are this tree's.
    const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [compiler, '-p', 'tsconfig.build.json'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${revision} does not compile:\n${stdout}`);
    return { ...tree, commit };
  } catch (error) {
    tree.remove();
    throw error;
  }
};
