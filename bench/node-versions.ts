/** Which Node the servers run on: `20`, `24`, `26` (packages of `bench/package.json`), or a program. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installedPath, missingPackage } from './installed.ts';
import { UsageError } from './options.ts';

export interface NodeProgram {
  readonly path: string;
  /** As `26.1.0`. */
  readonly version: string;
  readonly major: number;
}

/** The one that the published figures are taken on. */
const PREFERRED = '26';

const askVersion = (path: string): NodeProgram => {
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '');
  return { path, version, major: Number.parseInt(version, 10) };
};

/** Without a choice the preferred one if it is installed, else the one that runs this. */
export const chooseNode = (choice: string | undefined): NodeProgram => {
  const wanted = choice ?? (missingPackage(`node-${PREFERRED}`) === undefined ? PREFERRED : process.execPath);
  if (!/^\d+$/.test(wanted)) return askVersion(wanted);
  if (Number(wanted) === Number.parseInt(process.versions.node, 10)) return askVersion(process.execPath);
  const path = installedPath(`node-${wanted}/bin/node`);
  if (!existsSync(path)) throw new UsageError(`Node ${wanted}: ${missingPackage(`node-${wanted}`) ?? `no ${path}`}`);
  return askVersion(path);
};
