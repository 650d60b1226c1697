/**
 * `bin/hyperion.js` as a child process, for the tests that look at the whole program from outside.
 * Resolves when the line with its URL has been printed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout (this file runs from build/test/helpers). */
export const projectFolder: string = fileURLToPath(new URL('../../../', import.meta.url));

export interface HyperionProcess {
  /** Where it listens, without a path: `http://127.0.0.1:49152`. */
  readonly origin: string;
  readonly child: ChildProcess;
  /** All that it has printed so far, both streams. */
  output(): string;
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `hyperion <args>` on a free port. Rejects with all that it printed if it ends before it listens. */
export async function startHyperion(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; descriptorLimit?: number } = {},
): Promise<HyperionProcess> {
  const program = [process.execPath, `${projectFolder}bin/hyperion.js`, '--port', '0', ...args] as const;
  const { descriptorLimit } = options;
  const [command, ...rest] =
    descriptorLimit === undefined
      ? program
      : (['sh', '-c', `ulimit -n ${descriptorLimit}; exec "$0" "$@"`, ...program] as const);
  const child = spawn(command, rest, {
    cwd: options.cwd ?? projectFolder,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let printed = '';
  const origin = await new Promise<string>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      printed += chunk.toString();
      const url = /http:\/\/[^\s"/]+:\d+/.exec(printed)?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('error', reject);
    child.once('close', (code, signal) => reject(new Error(`hyperion ended (${code ?? signal}):\n${printed}`)));
  });
  return {
    origin,
    child,
    output: () => printed,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}
