/** How much memory a thread may use on this machine if nobody says. Main thread. */
import { totalmem } from 'node:os';
import v8 from 'node:v8';
import { readText } from './read-text.ts';
import { availableMemoryBytes, threadMemoryLimits, type ThreadMemoryLimits } from './thread-memory-limits.ts';

export function defaultThreadMemory(threadCount: number): ThreadMemoryLimits {
  const available = availableMemoryBytes(totalmem(), readText);
  return threadMemoryLimits(available, threadCount, v8.getHeapStatistics().heap_size_limit);
}
