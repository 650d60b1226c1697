/**
 * Options as they were given, each with its source, so that a message can say where a wrong one
 * stands. Flags count more than the environment, and that more than the config file.
 */
import type { Config } from '../config-file.ts';
import { HyperionError } from '../shared/errors/errors.ts';

export interface Given {
  readonly option: string;
  readonly value: unknown;
  /** `--port`, `PORT`, or the path of the config file. */
  readonly source: string;
}

export function fromConfig(config: Config, path: string): Given[] {
  return Object.entries(config).map(([option, value]) => ({ option, value, source: path }));
}

/** One object of options; of the same option the last one given counts. */
export function toOptions(given: readonly Given[]): Config {
  // A Config by name only: `resolveOptions` checks what is in it.
  return Object.fromEntries(given.map(({ option, value }) => [option, value])) as Config;
}

/** The source of the option that an error is about. */
export function sourceOf(error: unknown, given: readonly Given[]): string | undefined {
  if (!(error instanceof HyperionError)) return undefined;
  // `resourceLimits.stackSizeMb` came with `resourceLimits`.
  const { option } = error.details;
  const name = typeof option === 'string' ? option.split('.')[0] : undefined;
  return given.findLast((one) => one.option === name)?.source;
}
