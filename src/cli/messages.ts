/** What the command says when something fails, and the exit code that goes with it. Pure. */
import { inspect } from 'node:util';
import { ConfigError, HyperionError, OptionError, UsageError } from '../shared/errors/errors.ts';

/** Could not start, or failed later. */
const EXIT_FAILED = 1;
/** Wrong flags, options or config file. */
const EXIT_WRONG_USAGE = 2;

/** One line for an error of ours. The app's own error as it is, with its stack and nothing else. */
export function explain(error: unknown, source: string | undefined): string {
  if (!(error instanceof HyperionError)) return toStack(error);
  if (error instanceof UsageError) return `hyperion: ${error.message} (hyperion --help lists all flags)`;
  return `hyperion: ${error.message}${source === undefined ? '' : ` (from ${source})`}`;
}

/** Not `inspect(error)`: an error that came from a thread has its name, not its class, and would be shown so. */
function toStack(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const stack = error.stack ?? String(error);
  return error.cause === undefined ? stack : `${stack}\n[cause]: ${toStack(error.cause)}`;
}

export function exitCodeOf(error: unknown): number {
  const isWrongUsage = error instanceof UsageError || error instanceof OptionError || error instanceof ConfigError;
  return isWrongUsage ? EXIT_WRONG_USAGE : EXIT_FAILED;
}
