/**
 * `bin/hyperion.js` as a process of its own, in a clean environment, for tests of what it says and how
 * it ends. (`hyperion-process.ts` is for tests that only want a server.)
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const BIN = fileURLToPath(new URL('../../../bin/hyperion.js', import.meta.url));

export interface CommandSettings {
  readonly cwd?: string;
  /** Besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own arguments. */
  readonly execArgv?: readonly string[];
  /** A command that Node is started through. */
  readonly launcher?: readonly string[];
}

export interface Command {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the match once `pattern` has been written; rejects if the process ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with `http://host:port` once it listens. */
  url(): Promise<string>;
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>;
}

export function startCommand(t: ExecutionContext, args: readonly string[], settings: CommandSettings = {}): Command {
  const { cwd = process.cwd(), env = {}, execArgv = [], launcher = [] } = settings;
  const [file = '', ...rest] = [...launcher, process.execPath, ...execArgv, BIN, ...args];
  const child = spawn(file, rest, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  const writes = new EventEmitter();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      written[name] += chunk.toString();
      writes.emit('more');
    });
  }
  // 'close' comes after 'exit', when all output has been read.
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  t.teardown(async () => {
    // A second signal forces; one that started another Node passes both on.
    if (child.exitCode === null && child.signalCode === null) for (let n = 0; n < 2; n++) child.kill('SIGTERM');
    await exit;
  });
  const waitFor = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(written.stdout) ?? pattern.exec(written.stderr);
      if (match !== null) return match;
      const isOver = await Promise.race([once(writes, 'more').then(() => false), exit.then(() => true)]);
      if (isOver) throw new Error(`Ended without ${String(pattern)}:\n${written.stdout}${written.stderr}`);
    }
  };
  return {
    child,
    exit,
    waitFor,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    url: async () => (await waitFor(/url"?[=:]"?(http:\/\/[^\s"]+)[\s"]/))[1] ?? '',
  };
}

/** Runs it to its end. */
export async function runCommand(
  t: ExecutionContext,
  args: readonly string[],
  settings: CommandSettings = {},
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const command = startCommand(t, args, settings);
  const code = await command.exit;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}
