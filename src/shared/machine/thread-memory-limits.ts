/**
 * How much memory one thread may use if nobody says: what this process may use (the machine's, or
 * its container's limit), a quarter left for the main thread and the sockets, divided by the threads.
 * So a thread that leaks is replaced, or dies alone, before the process does. Pure; the main thread
 * reads the machine once.
 */
import type { ResourceLimits } from 'node:worker_threads';
import { groupFolders, type ReadText } from './control-groups.ts';

/** The main thread, sockets' buffers, and the process itself. */
const SHARE_OF_THREADS = 0.75;
/** Less is no room for an app to load in; where it is more than its share, the share cannot be kept. */
const MIN_HEAP_MB = 64;
/** Of a thread's share, for objects that live shortly; where that is more than V8 ever takes, V8 chooses. */
const YOUNG_SHARE = 1 / 8;
const MAX_YOUNG_MB = 192;
/** Replacing takes a moment in which the thread allocates on. */
const SOFT_SHARE = 0.8;
const MB = 1024 * 1024;

/** Bytes that this process may use: the machine's, or the tightest limit of its control groups. */
export function availableMemoryBytes(machineBytes: number, readText: ReadText): number {
  const limits = groupFolders('memory', readText).flatMap((folder) =>
    ['memory.max', 'memory.limit_in_bytes'].map((file) => Number(readText(`${folder}/${file}`)?.trim())),
  );
  // `max`, and files that are not there, are no numbers; version 1 says "none" by a huge one.
  return Math.min(machineBytes, ...limits.filter((limit) => limit > 0));
}

export interface ThreadMemoryLimits {
  /** Beyond this the thread dies. */
  readonly resourceLimits: Readonly<ResourceLimits>;
  /** Beyond this it is replaced. Heap and what it holds outside of it. */
  readonly maxThreadHeapBytes: number;
}

/** `v8HeapBytes`: the heap limit that V8 would choose; the share only ever lowers it, else V8 is left alone. */
export function threadMemoryLimits(
  availableBytes: number,
  threadCount: number,
  v8HeapBytes: number,
): ThreadMemoryLimits {
  const shareMb = Math.max(MIN_HEAP_MB, Math.floor((availableBytes * SHARE_OF_THREADS) / threadCount / MB));
  const v8HeapMb = Math.floor(v8HeapBytes / MB);
  return {
    resourceLimits: Object.freeze(shareMb < v8HeapMb ? heapLimits(shareMb) : {}),
    maxThreadHeapBytes: Math.floor(Math.min(shareMb, v8HeapMb) * SOFT_SHARE * MB),
  };
}

function heapLimits(shareMb: number): ResourceLimits {
  const youngMb = Math.floor(shareMb * YOUNG_SHARE);
  if (youngMb >= MAX_YOUNG_MB) return { maxOldGenerationSizeMb: shareMb - MAX_YOUNG_MB };
  return { maxOldGenerationSizeMb: shareMb - youngMb, maxYoungGenerationSizeMb: youngMb };
}
