/**
 * The Node flags that threads are started with: the process's own (`--import` and so on), and one
 * more. Flags that only a process can have (V8's, say) hold for its threads anyway and must not be
 * named. Main thread.
 */

/**
 * A thread that ends inside its HTTP parser leaves node's stack of async ids behind, and Node 20 and
 * 24 end the whole process over that unless they are told not to check.
 */
const NO_ASYNC_ID_CHECK = '--no-force-async-hooks-checks';

/** Options of a Worker; empty: the thread inherits the process's flags. */
export interface ThreadFlags {
  readonly execArgv?: string[];
}

/**
 * Calls `create`, which starts threads, with flags that node takes: it alone knows which those are,
 * and says so before it starts anything.
 */
export function withThreadFlags<Result>(
  create: (flags: ThreadFlags) => Result,
  processFlags: readonly string[] = process.execArgv,
): Result {
  const wanted = [...processFlags, NO_ASYNC_ID_CHECK];
  try {
    return create({ execArgv: wanted });
  } catch (error) {
    const refused = refusedFlags(error);
    try {
      return create({ execArgv: wanted.filter((flag) => !refused.includes(flag)) });
    } catch (stillRefused) {
      refusedFlags(stillRefused);
      return create({});
    }
  }
}

/** The flags that this error names. Any other error is thrown again. */
function refusedFlags(error: unknown): string[] {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
  return message.slice(message.indexOf(': ') + 2).split(', ');
}
