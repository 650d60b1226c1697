/**
 * Options from environment variables: `HYPERION_READ_TIMEOUT_MS` and so on, and the `PORT` and `HOST`
 * that hosts of apps set, which count less. Empty variables count as unset.
 */
import { NAMED_OPTIONS } from './option-names.ts';
import type { Given } from './given.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(env: Environment): Given[] {
  const named = NAMED_OPTIONS.map(({ name, row, variable }) => ({ name, kind: row.kind, variable }));
  const plain = named
    .filter(({ name }) => name === 'port' || name === 'host')
    .map((one) => ({ ...one, variable: one.name.toUpperCase() }));
  return [...plain, ...named].flatMap(({ name, kind, variable }) => {
    const text = variable === undefined ? undefined : env[variable];
    if (text === undefined || text === '') return [];
    return [{ option: name, value: kind.fromText(text), source: String(variable) }];
  });
}
