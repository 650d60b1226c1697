/**
 * The kinds of options: how a value is checked, how it is read from a flag's or an environment
 * variable's text, and how help and docs name it. Only `appModule` touches the disk.
 */
import { statSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import type { Logger, LoggerOptions } from 'pino';
import { createError } from '../errors/errors.ts';

export interface OptionKind<Value> {
  /** Completes "Expected the `x` option to be ...". */
  readonly expected: string;
  /** What stands for a value in help: `<n>`, `auto|json|text`. */
  readonly placeholder: string;
  /** `ms`, `bytes` or nothing. */
  readonly unit: '' | 'ms' | 'bytes';
  /** The value as it is used from here on. Throws an OptionError. */
  resolve(option: string, value: unknown): Value;
  /** Text as a value for `resolve`. Text that is none stays text, and `resolve` refuses it. */
  readonly fromText: (text: string) => unknown;
}

/** One option that is right or wrong as it stands. */
function checked<Value>(
  expected: string,
  isRight: (value: unknown) => boolean,
  rest: Pick<OptionKind<Value>, 'placeholder'> & Partial<OptionKind<Value>>,
): OptionKind<Value> {
  return {
    expected,
    unit: '',
    fromText: (text) => text,
    resolve(option, value) {
      if (!isRight(value)) throw createError('OPTION_INVALID', { option, expected, got: value });
      return value as Value; // `isRight` is what makes it one
    },
    ...rest,
  };
}

/** `Infinity` only where `orInfinity` says so; `note` goes into the message in parentheses. */
export function integer({
  min,
  max,
  unit = '',
  note = '',
  orInfinity = false,
}: {
  min: number;
  max: number;
  unit?: OptionKind<number>['unit'];
  note?: string;
  orInfinity?: boolean;
}): OptionKind<number> {
  const inParentheses = [unit, note].filter((part) => part !== '').join('; ');
  return checked(
    `an integer from ${min} to ${max}${orInfinity ? ' or Infinity' : ''}${inParentheses === '' ? '' : ` (${inParentheses})`}`,
    (value) =>
      (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) ||
      (orInfinity && value === Infinity),
    {
      placeholder: unit === '' ? '<n>' : `<${unit}>`,
      unit,
      fromText: (text) => (/^-?\d+$|^Infinity$/.test(text) ? Number(text) : text),
    },
  );
}

/** The longest delay of a Node timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A limit in time; 0 turns it off unless `zero` says what it does instead. */
export function milliseconds(zero = '0 turns it off'): OptionKind<number> {
  return integer({ min: 0, max: MAX_TIMER_MS, unit: 'ms', note: zero });
}

/** A limit in size; 0 turns it off unless `zero` says what it does instead. */
export function bytes(max: number, zero = '0 turns it off'): OptionKind<number> {
  return integer({ min: 0, max, unit: 'bytes', note: zero });
}

/** For a limit that cannot be turned off altogether. */
export function zeroAs(most: number, kind: OptionKind<number>): OptionKind<number> {
  return { ...kind, resolve: (option, value) => kind.resolve(option, value) || most };
}

/** A word beside the values of another kind. */
export function wordOr<const Word extends string, Value>(
  word: Word,
  kind: OptionKind<Value>,
): OptionKind<Word | Value> {
  const expected = `'${word}', or ${kind.expected}`;
  return {
    ...kind,
    expected,
    placeholder: `${word}|${kind.placeholder}`,
    resolve(option, value) {
      if (value === word) return word;
      try {
        return kind.resolve(option, value);
      } catch {
        // The kind itself would not name the word.
        throw createError('OPTION_INVALID', { option, expected, got: value });
      }
    },
  };
}

export function choice<const Choice extends string>(...choices: readonly Choice[]): OptionKind<Choice> {
  return checked(`one of ${choices.join(', ')}`, (value) => (choices as readonly unknown[]).includes(value), {
    placeholder: choices.join('|'),
  });
}

/** `noun` with its article: `a path`. */
export function text(noun: string, placeholder: string): OptionKind<string> {
  return checked(noun, (value) => typeof value === 'string' && value !== '', { placeholder });
}

/** What Node cannot do: off, or auto, which is off. */
export function unavailable(reason: string): OptionKind<'off'> {
  return {
    expected: "'off' or 'auto'",
    placeholder: 'off|auto',
    unit: '',
    fromText: (value) => value,
    resolve(option, value) {
      if (value !== 'off' && value !== 'auto') throw createError('OPTION_UNSUPPORTED', { option, got: value, reason });
      return 'off';
    },
  };
}

/** A path or file URL of a file that exists; becomes a file URL's text. */
export const appModule: OptionKind<string> = {
  expected: 'the path or file URL of a module',
  placeholder: '<path>',
  unit: '',
  fromText: (value) => value,
  resolve(option, value) {
    if (typeof value === 'function') throw createError('OPTION_APP_IS_FUNCTION', { got: value });
    const url = toFileUrl(value);
    if (url === undefined) {
      throw createError('OPTION_INVALID', { option, expected: this.expected, got: value });
    }
    const path = fileURLToPath(url);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw createError('APP_NOT_FOUND', { path });
    if (stats.isDirectory()) throw createError('APP_IS_DIRECTORY', { path });
    return url.href;
  },
};

function toFileUrl(value: unknown): URL | undefined {
  if (value instanceof URL) return value.protocol === 'file:' ? value : undefined;
  if (typeof value !== 'string' || value === '') return undefined;
  if (URL.canParse(value)) return toFileUrl(new URL(value));
  return pathToFileURL(resolvePath(value));
}

const RESOURCE_LIMITS = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];
const positiveNumber = checked<number>(
  'a number greater than 0',
  (value) => Number.isFinite(value) && Number(value) > 0,
  {
    placeholder: '<n>',
  },
);

/** The four numbers that `node:worker_threads` knows. */
export const resourceLimits: OptionKind<Readonly<ResourceLimits>> = {
  expected: `an object of ${RESOURCE_LIMITS.join(', ')}`,
  placeholder: '<json>',
  unit: '',
  fromText: fromJson,
  resolve(option, value) {
    if (!isPlainObject(value)) {
      throw createError('OPTION_INVALID', { option, expected: this.expected, got: value });
    }
    const given = Object.entries(value).filter(([, limit]) => limit !== undefined);
    for (const [name] of given) {
      if (!RESOURCE_LIMITS.includes(name)) {
        throw createError('OPTION_UNKNOWN', { option: `${option}.${name}`, suggestion: undefined });
      }
    }
    return Object.freeze(
      Object.fromEntries(given.map(([name, limit]) => [name, positiveNumber.resolve(`${option}.${name}`, limit)])),
    );
  },
};

/** A pino logger or its options: an object; `logger.ts` tells them apart. */
export const logger: OptionKind<Logger | LoggerOptions> = checked(
  'a pino logger or an object of pino options',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { placeholder: '' },
);

function fromJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
