/** What the pool is made of and what it tells the server. Types only. Main thread. */
import type { FromThread, LogFields, LogLevel, OverLimit, ThreadStart } from '../shared/messages.ts';
import type { ThreadOptions } from '../shared/options/options.ts';

export interface ThreadPoolParts {
  readonly options: ThreadOptions;
  /** The module that runs in each thread. */
  readonly threadUrl: URL;
  /** Lines that can be given out: 1 to this. */
  readonly lineCount: number;
  /** What all threads are started with. */
  readonly common: Pick<ThreadStart, 'buffer' | 'layout' | 'acceptorBellDescriptor' | 'options' | 'port'>;
  /** A bell of its own for each thread: [read end, write end]. The thread owns the read end. */
  readonly createBell: () => [number, number];
  /** The thread takes requests from now on. Gets the write end of its bell. */
  readonly onReady: (line: number, bell: number) => void;
  /** The thread is about to be told to take no more requests: ring it no more. */
  readonly onRetire: (line: number) => void;
  /** The thread has exited: nothing of it writes any more. Called also for one that never was ready. */
  readonly onExit: (line: number, bell: ThreadBell, exit: ThreadExit) => void;
  readonly onMessage: (line: number, message: FromThread) => void;
  readonly log: (level: LogLevel, fields: LogFields, message: string) => void;
}

/** Both ends of a dead thread's bell. The read end was closed with the thread, if it got as far as adopting it. */
export interface ThreadBell {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** Why a thread is told to finish and end. */
export type RetireReason = OverLimit['reason'] | 'abandoned' | 'asked' | 'reload';

export interface ThreadExit {
  readonly threadNumber: number;
  readonly threadId: number | undefined;
  /** Why it ended, if not because it was told to. */
  readonly error: unknown;
  /** Whether its app had been loaded. */
  readonly wasReady: boolean;
  /** Whether it was told to finish and end, and another one serves in its place. */
  readonly retired: RetireReason | undefined;
  /** How long its place stays empty; undefined: nobody is started in its place. */
  readonly restartPauseMs: number | undefined;
}

/**
 * starting -> loaded (waits to be told to serve) -> serving -> retiring (takes no more requests).
 * Each may end at any time.
 */
export type ThreadState = 'starting' | 'loaded' | 'serving' | 'retiring';
