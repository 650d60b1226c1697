/**
 * Log lines for people: `2026-04-26T18:40:04.112Z INFO  [hyperion] message=listening port=9292`.
 * A record (what pino would write as JSON) comes in, a line goes out. Pure.
 */

/** Colours of the level, on terminals. */
const COLOURS: Readonly<Record<string, string>> = {
  trace: '\u001B[90m',
  debug: '\u001B[90m',
  info: '\u001B[32m',
  warn: '\u001B[33m',
  error: '\u001B[31m',
  fatal: '\u001B[35m',
};
const RESET = '\u001B[0m';

/** Labels are this wide, so that what follows stands in one column. */
const LABEL_WIDTH = 5;

export type LogRecord = Readonly<Record<string, unknown>>;

export function formatText(record: LogRecord, hasColours: boolean): string {
  const { ts, level, source, message, err, ...fields } = record;
  const label = String(level).toUpperCase().padEnd(LABEL_WIDTH);
  const pairs = Object.entries({ ...(message === undefined ? {} : { message }), ...fields });
  const { shown, stack } = splitError(err);
  if (shown !== undefined) pairs.push(['err', shown]);
  const head = `${String(ts)} ${hasColours ? `${COLOURS[String(level)] ?? ''}${label}${RESET}` : label} [${String(source)}]`;
  return `${[head, ...pairs.map(([key, value]) => `${key}=${formatValue(value)}`)].join(' ')}\n${stack}`;
}

/** Plain where it can be; quoted and escaped where it holds what would end the value or the line. */
function formatValue(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value !== 'string') return JSON.stringify(value);
  return value === '' || /[\s"=\u0000-\u001F\u007F]/.test(value) ? JSON.stringify(value) : value;
}

/** An error's message goes into the line, its stack below it, where a reader looks for it. */
function splitError(err: unknown): { shown: unknown; stack: string } {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return { shown: err, stack: '' };
  const stack = String(err.stack).replaceAll(/^/gm, '    ');
  return { shown: 'message' in err ? err.message : undefined, stack: `${stack}\n` };
}
