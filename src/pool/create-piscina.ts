/** The piscina that starts the threads of one generation, each for one task without end. Main thread. */
import { Piscina } from 'piscina';
import type { ThreadPoolParts } from './pool-parts.ts';
import { withThreadFlags } from './thread-flags.ts';

/** `atOnce`: how many threads start right away. */
export function createPiscina({ threadUrl, options }: ThreadPoolParts, atOnce: number): Piscina {
  const { threadCount, resourceLimits } = options;
  const piscinaOptions = {
    filename: threadUrl.href,
    minThreads: atOnce,
    // One more: a replacement starts before the one it replaces has gone.
    maxThreads: threadCount + 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Its default blocks the thread in Atomics.wait, away from its event loop.
    atomics: 'disabled',
    resourceLimits: { ...resourceLimits },
  } as const;
  const piscina = withThreadFlags((flags) => new Piscina({ ...piscinaOptions, ...flags }));
  // Without a task to blame; the thread's exit is seen by its place.
  piscina.on('error', () => {});
  return piscina;
}
