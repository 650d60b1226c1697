/**
 * The config file: a module or JSON that holds options. Finds and reads it; what the options are worth
 * is `resolveOptions`' to judge. Main thread, before the server starts.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createError } from './shared/errors/errors.ts';
import type { ServerOptions } from './shared/options/options.ts';

/** What a config file may hold; `app` may also come from the command line. */
export type Config = Partial<ServerOptions>;

/** Names that are found without `--config`. */
const FILE_NAMES = ['hyperion.config.js', 'hyperion.config.mjs', 'hyperion.config.json'];

/** Gives an editor the types: `export default defineConfig({ port: 8080 })`. Returns `config` itself. */
export function defineConfig(config: Config): Config {
  return config;
}

/** The config file of a folder, if it has one. Throws a ConfigError if it has several. */
export function findConfigFile(folder: string): string | undefined {
  const paths = FILE_NAMES.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (paths.length > 1) throw createError('CONFIG_AMBIGUOUS', { paths });
  return paths[0];
}

/** Throws a ConfigError if there is no such file or it holds no options, and what the module itself throws. */
export async function readConfigFile(file: string): Promise<Config> {
  const path = resolve(file);
  if (!existsSync(path)) throw createError('CONFIG_NOT_FOUND', { path });
  const config = path.endsWith('.json') ? await readJson(path) : await importDefault(path);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw createError('CONFIG_NOT_OBJECT', { path, got: config });
  }
  return config;
}

async function importDefault(path: string): Promise<unknown> {
  const namespace = (await import(pathToFileURL(path).href)) as { default?: unknown };
  return namespace.default;
}

async function readJson(path: string): Promise<unknown> {
  try {
    // JSON has no number for "no limit"; `--print-config` writes it so.
    return JSON.parse(await readFile(path, 'utf8'), (_, value: unknown) => (value === 'Infinity' ? Infinity : value));
  } catch (error) {
    throw createError('CONFIG_UNREADABLE', {
      path,
      reason: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}
