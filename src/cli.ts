/**
 * The command `hyperion [options] app.js`, from its arguments to its exit code. bin/hyperion.js calls
 * `main` once this Node is known to be able to run it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from './cli/environment.ts';
import { fromConfig, sourceOf, toOptions, type Given } from './cli/given.ts';
import { helpText } from './cli/help-text.ts';
import { exitCodeOf, explain } from './cli/messages.ts';
import { parseArguments, type CommandLine } from './cli/parse-arguments.ts';
import { locateSyntaxError } from './cli/syntax-error.ts';
import { checkTypeScriptApp, currentLoading } from './cli/typescript-app.ts';
import { findConfigFile, readConfigFile } from './config-file.ts';
import { createError } from './shared/errors/errors.ts';
import { resolveOptions, type ResolvedOptions, type ServerOptions } from './shared/options/options.ts';

/** Ends the process with the exit code that `--help` documents. */
export async function main(args: readonly string[]): Promise<never> {
  const given: Given[] = [];
  // Should nothing be left to do before there is an answer, that is no success.
  process.exitCode = 1;
  try {
    process.exit(await run(args, given));
  } catch (error) {
    process.stderr.write(`${explain(error, sourceOf(error, given))}\n`);
    process.exit(exitCodeOf(error));
  }
}

/** Resolves with the exit code; leaves in `given` what it found on its way. */
async function run(args: readonly string[], given: Given[]): Promise<number> {
  const commandLine = parseArguments(args);
  if (commandLine.command === 'help') return print(helpText());
  if (commandLine.command === 'version') return print(readVersion());

  given.push(...(await collect(commandLine)));
  const { app, ...rest } = toOptions(given);
  if (app === undefined) throw createError('USAGE_NO_APP', {});
  const options: ServerOptions = { app, ...rest };
  const resolved = resolveOptions(options);
  checkTypeScriptApp(fileURLToPath(resolved.app), currentLoading());

  if (commandLine.command === 'check-config') return print('The options are valid');
  if (commandLine.command === 'print-config') return print(toJson(resolved));
  // Loaded now, so that the commands above need neither threads nor the C library.
  const { serve } = await import('./cli/serve.ts');
  try {
    return await serve(options, resolved, commandLine);
  } catch (error) {
    const report = locateSyntaxError(error, resolved.app);
    if (report === undefined) throw error;
    process.stderr.write(`${report}\n`);
    return exitCodeOf(error);
  }
}

/** Options from everywhere, the weakest source first. */
async function collect({ configPath, given }: CommandLine): Promise<Given[]> {
  const path = configPath ?? findConfigFile(process.cwd());
  const config = path === undefined ? [] : fromConfig(await readConfigFile(path), path);
  return [...config, ...readEnvironment(process.env), ...given];
}

/** As a config file takes it again: no limit is `"Infinity"`, and a logger cannot be written down. */
function toJson(options: ResolvedOptions): string {
  const toPlain = (value: unknown): unknown => (value === Infinity ? 'Infinity' : value);
  return JSON.stringify(options, (name, value: unknown) => (name === 'logger' ? undefined : toPlain(value)), 2);
}

function readVersion(): string {
  const json = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(json) as { version: string }).version;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
