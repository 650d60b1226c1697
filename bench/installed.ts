/** The packages of `bench/package.json`, which may be installed or not. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The source folder, also for what was compiled to `build/bench`. */
export const BENCH_URL = new URL('../../bench/', import.meta.url);

const INSTALL = 'npm install --prefix bench';

export const installedPath = (path: string): string => fileURLToPath(new URL(`node_modules/${path}`, BENCH_URL));

/** Why a rival made of these packages cannot run, or undefined. */
export const missingPackage = (...packages: readonly string[]): string | undefined => {
  const missing = packages.find((name) => !existsSync(installedPath(name)));
  return missing === undefined ? undefined : `${missing} is not installed (${INSTALL})`;
};
