/**
 * Runs one exported function of a module in a process of its own and gives back what it returns,
 * so that a client does not share the event loop (and the descriptors) of the server it measures.
 * Parent and child sides are this one file: as a forked program it is the child.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Job {
  readonly moduleUrl: string;
  readonly exportName: string;
  readonly argument: unknown;
}

type Outcome = { readonly value: unknown } | { readonly error: string };

const THIS_FILE = fileURLToPath(import.meta.url);
const CHILD = 'run-in-process-child';

/** `fn` must be an export of the module at `moduleUrl`; argument and result are structured clones. */
export const runInProcess = async <A, R>(
  moduleUrl: string | URL,
  fn: (argument: A) => Promise<R>,
  argument: A,
): Promise<R> => {
  const child = fork(THIS_FILE, [CHILD], { serialization: 'advanced', execArgv: [] });
  const exit = once(child, 'exit');
  const job: Job = { moduleUrl: String(moduleUrl), exportName: fn.name, argument };
  child.send(job);
  const outcome = await Promise.race([
    once(child, 'message').then(([message]: Outcome[]) => message),
    exit.then(([code, signal]: unknown[]) => ({ error: `The client process ended: ${String(code ?? signal)}` })),
  ]);
  child.kill();
  await exit;
  if (outcome === undefined) throw new Error('The client process said nothing');
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome.value as R;
};

const serveJob = async ({ moduleUrl, exportName, argument }: Job): Promise<Outcome> => {
  try {
    const module = (await import(moduleUrl)) as Record<string, (argument: unknown) => Promise<unknown>>;
    const fn = module[exportName];
    if (fn === undefined) throw new Error(`${moduleUrl} has no ${exportName}`);
    return { value: await fn(argument) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

if (process.argv[1] === THIS_FILE && process.argv[2] === CHILD) {
  process.once('message', (job: Job) => {
    void serveJob(job).then((outcome) => process.send?.(outcome));
  });
}
