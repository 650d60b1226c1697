/**
 * The door to the options: what a user gives becomes, once, the complete and frozen object that
 * everyone else reads. Runs in the main thread; threads get the result.
 */
import { createError } from '../errors/errors.ts';
import { unknownOption } from './option-hints.ts';
import { OPTION_TABLE, type OptionRow } from './option-table.ts';
import type { ResolvedOptions, ServerOptions } from './option-types.ts';

export { DEFAULT_READ_TIMEOUT_MS } from './option-table.ts';
export { DEFAULT_THREAD_COUNT } from '../machine/thread-count.ts';
export type { LogFormat, ResolvedOptions, ServerOptions, ThreadOptions } from './option-types.ts';

/** Throws an OptionError that names the first wrong option, or an AppError if the app's file is not there. */
export function resolveOptions(options: ServerOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw createError('OPTION_INVALID', { option: 'options', expected: 'an object', got: options });
  }
  // Without a prototype, so that no polluted `Object.prototype` can pass for a user's option.
  const given: Record<string, unknown> = Object.assign(Object.create(null) as Record<string, unknown>, options);
  const rows: readonly (readonly [string, OptionRow<unknown>])[] = Object.entries(OPTION_TABLE);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(OPTION_TABLE, name)) throw unknownOption(name, Object.keys(OPTION_TABLE));
  }
  // In the table's order: a default may depend on rows above its own.
  const resolved: Record<string, unknown> = {};
  for (const [name, row] of rows) resolved[name] = resolveOption(name, row, given[name], resolved);
  return Object.freeze(resolved) as unknown as ResolvedOptions;
}

function resolveOption(
  name: string,
  row: OptionRow<unknown>,
  value: unknown,
  above: Readonly<Record<string, unknown>>,
): unknown {
  if (value !== undefined) return row.kind.resolve(name, value);
  if (row.defaultFor !== undefined) return row.defaultFor(above as unknown as ResolvedOptions);
  return 'default' in row ? row.default : row.kind.resolve(name, value);
}
