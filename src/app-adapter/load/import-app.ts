/**
 * Imports the app module, and says the usual mistakes in one line. What the app itself throws comes
 * out untouched. Worker thread.
 */
import { statSync } from 'node:fs';
import { createError } from '../../shared/errors/errors.ts';

const TYPESCRIPT_FILE = /\.[cm]?ts$/;

export async function importApp(url: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) throw createError('APP_NOT_FOUND', { path });
  if (file.isDirectory()) throw createError('APP_IS_DIRECTORY', { path });
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (
      (error as { code?: unknown } | null | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION' &&
      TYPESCRIPT_FILE.test(path)
    ) {
      throw createError('APP_NEEDS_TYPE_STRIPPING', { path, version: process.version, cause: error });
    }
    throw error;
  }
}
