/**
 * The log of the main thread, and the one file that knows pino. Threads send their records over;
 * nothing here runs in a thread. Writes are synchronous: a record is out before the process ends.
 */
import { destination, pino, symbols, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { formatText, type LogRecord } from './log-text.ts';
import type { LogFormat, ResolvedOptions } from './shared/options/options.ts';

/** What we use of a pino logger. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** Names the records that are the server's among an app's own. */
const SOURCE = { source: 'hyperion' } as const;

/** From this pino level (warn) on, lines go to stderr. */
const STDERR_LEVEL = 40;

/**
 * A logger of the user's is used as it is, options go to pino unchanged but for the level; both keep
 * their own format. Without either, lines look as `logFormat` says.
 */
export function createLogger(options: Pick<ResolvedOptions, 'logger' | 'logLevel' | 'logFormat'>): Logger {
  const { logger, logLevel, logFormat } = options;
  if (isPinoLogger(logger)) return logger.child(SOURCE);
  if (logger !== undefined) return pino({ level: logLevel, ...logger }).child(SOURCE);
  const format = chooseFormat(logFormat, process.stdout.isTTY, process.env);
  return pino(
    {
      level: logLevel,
      base: SOURCE,
      messageKey: 'message',
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    new LogStream(format),
  );
}

/** `auto` is text for a person (a terminal, a developer's machine) and JSON for a production log. */
export function chooseFormat(
  format: LogFormat,
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): 'json' | 'text' {
  if (format !== 'auto') return format;
  return isTerminal || !['production', 'staging'].includes(env['NODE_ENV'] ?? '') ? 'text' : 'json';
}

/** A pino destination: debug and info to stdout, warnings and errors to stderr. */
class LogStream implements DestinationStream {
  /** Asks pino to set `lastLevel` before each write. */
  readonly [symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  readonly #format: 'json' | 'text';
  // pino's own streams: they wait out a full pipe, and fall silent when its reader has gone.
  readonly #stdout = destination({ fd: 1, sync: true });
  readonly #stderr = destination({ fd: 2, sync: true });

  constructor(format: 'json' | 'text') {
    this.#format = format;
  }

  write(line: string): void {
    const isForStderr = this.lastLevel >= STDERR_LEVEL;
    const stream = isForStderr ? this.#stderr : this.#stdout;
    stream.write(this.#format === 'json' ? line : formatText(parse(line), hasColours(isForStderr)));
  }
}

function parse(line: string): LogRecord {
  return JSON.parse(line) as LogRecord;
}

function hasColours(isForStderr: boolean): boolean {
  const { isTTY } = isForStderr ? process.stderr : process.stdout;
  return isTTY && (process.env['NO_COLOR'] ?? '') === '';
}

function isPinoLogger(logger: ResolvedOptions['logger']): logger is PinoLogger {
  return logger !== undefined && 'child' in logger && typeof logger.child === 'function';
}
