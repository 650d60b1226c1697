/**
 * The command line: what to do, with which app, config file and options. Says what is wrong with it by
 * UsageErrors; what the values are worth is `resolveOptions`' to judge.
 */
import { parseArgs } from 'node:util';
import { createError } from '../shared/errors/errors.ts';
import { isKnownElsewhere, nearest, unknownOption } from '../shared/options/option-hints.ts';
import type { Given } from './given.ts';
import { NAMED_OPTIONS } from './option-names.ts';

/** What the command line asks for; `serve` if nothing else. */
const COMMANDS = ['help', 'version', 'check-config', 'print-config'] as const;
export type Command = 'serve' | (typeof COMMANDS)[number];

export interface CommandLine {
  readonly command: Command;
  readonly configPath: string | undefined;
  /** Load the app anew when its source changes. */
  readonly watch: boolean;
  readonly given: readonly Given[];
}

const FLAGS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  'check-config': { type: 'boolean' },
  'print-config': { type: 'boolean' },
  config: { type: 'string', short: 'C' },
  watch: { type: 'boolean' },
  // Taken out before by bin/hyperion.js, which gives it to Node; here only if it has no value.
  import: { type: 'string' },
  ...Object.fromEntries(
    NAMED_OPTIONS.filter(({ flag }) => flag !== undefined).map(({ flag, row: { short } }) => [
      flag,
      { type: 'string', ...(short === undefined ? {} : { short }) },
    ]),
  ),
} as Readonly<Record<string, { type: 'boolean' | 'string'; short?: string }>>;

export function parseArguments(args: readonly string[]): CommandLine {
  // Not strict: the messages are ours.
  const { tokens } = parseArgs({ args: [...args], options: FLAGS, strict: false, tokens: true });
  let command: Command = 'serve';
  let configPath: string | undefined;
  let watch = false;
  const given: Given[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') given.push(toApp(token.value, given));
    if (token.kind !== 'option') continue;
    const value = checkFlag(token);
    if (token.name === 'config') configPath = value;
    else if (token.name === 'watch') watch = true;
    else if (value !== undefined) given.push(toGiven(token.name, token.rawName, value));
    // The first of several counts, and help before all.
    else if (command === 'serve' || token.name === 'help')
      command = COMMANDS.find((name) => name === token.name) ?? command;
  }
  return { command, configPath, watch, given };
}

interface FlagToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** The flag's value; undefined for one that takes none. */
function checkFlag({ name, rawName, value, inlineValue }: FlagToken): string | undefined {
  const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  if (flag === undefined) throw unknownFlag(name, rawName);
  if (flag.type === 'boolean') {
    if (value !== undefined) throw createError('USAGE_UNEXPECTED_VALUE', { flag: rawName });
    return undefined;
  }
  // `--host --port 80` forgot the host; `--port -1` is a wrong port.
  const isForgotten = value === undefined || value === '' || (inlineValue === false && /^-\D/.test(value));
  if (isForgotten) throw createError('USAGE_MISSING_VALUE', { flag: rawName });
  return value;
}

function unknownFlag(name: string, rawName: string): Error {
  if (isKnownElsewhere(name)) return unknownOption(name, []);
  const flags = Object.keys(FLAGS).map((flag) => `--${flag}`);
  return createError('USAGE_UNKNOWN_FLAG', { flag: rawName, suggestion: nearest(rawName, flags) });
}

function toGiven(flag: string, source: string, text: string): Given {
  const named = NAMED_OPTIONS.find((option) => option.flag === flag);
  return { option: named?.name ?? flag, value: named?.row.kind.fromText(text) ?? text, source };
}

function toApp(path: string, given: readonly Given[]): Given {
  const app = given.find(({ option }) => option === 'app');
  if (app !== undefined) throw createError('USAGE_EXTRA_ARGUMENT', { argument: path, app: String(app.value) });
  return { option: 'app', value: path, source: 'the command line' };
}
