/**
 * Another revision of the product, built in a folder of its own under the system's temporary one,
 * to be measured beside this tree. In: anything git knows as a commit. Out: the URL of its index.js.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface BaseTree {
  readonly commit: string;
  readonly indexUrl: string;
  remove(): void;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const buildBaseTree = (revision: string): BaseTree => {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const commit = git('rev-parse', '--short', '--verify', `${revision}^{commit}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'hyperion-base-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const archive = execFileSync(
      'git',
      ['archive', commit, 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
      {
        cwd: ROOT,
        maxBuffer: 2 ** 28,
      },
    );
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    // The same packages for both: what differs is the product's own code. A link, which rmSync does not follow.
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    // The compiler alone, not the build script: that one keeps stamps in node_modules, which are this tree's. It
    // writes its output even where types are wrong.
    const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [compiler, '-p', 'tsconfig.build.json'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${revision} does not compile:\n${stdout}`);
    return { commit, indexUrl: pathToFileURL(path.join(folder, 'dist/index.js')).href, remove };
  } catch (error) {
    remove();
    throw error;
  }
};
