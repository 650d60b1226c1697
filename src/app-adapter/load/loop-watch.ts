/**
 * Tells when nothing in the thread can run any more, as node itself would before it exits: the only
 * sure sign that a module which neither exports an app nor listens will never do so. Whatever kept
 * the loop alive before the app was loaded (the pool's port, the bells) is ours and does not count.
 * It includes what `process.getActiveResourcesInfo()` leaves out, work in the thread pool for one.
 *
 * Worker thread.
 */
import { activeHandles } from '../node-internals.ts';

export interface LoopWatch {
  /** Resolves when the loop has run empty; the thread stays alive all the same. */
  readonly idle: Promise<void>;
  /** Ends the watch: our handles hold the loop again. */
  stop(): void;
}

/** Begins a watch. Timers of ours that run meanwhile must be unreferenced. */
export function watchLoop(): LoopWatch {
  const ours = activeHandles();
  if (ours === undefined) return { idle: new Promise(() => {}), stop: () => {} };
  for (const handle of ours) handle.unref();
  let onEmpty = (): void => {};
  const stop = (): void => {
    process.off('beforeExit', onEmpty);
    for (const handle of ours) handle.ref();
    ours.length = 0;
  };
  const idle = new Promise<void>((resolve) => {
    onEmpty = () => {
      // Before the listeners have returned: else node takes the thread for finished.
      stop();
      resolve();
    };
  });
  process.once('beforeExit', onEmpty);
  return { idle, stop };
}
