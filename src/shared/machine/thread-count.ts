/**
 * How many threads there may be, and how many there are if nobody says. Read once, in the main thread.
 */
import { availableParallelism } from 'node:os';
import { availableCpus } from './available-cpus.ts';
import { readText } from './read-text.ts';

/** Most threads: a connection's word in shared memory names its owner in 10 bits, and replacements need some. */
export const MAX_THREAD_COUNT = 500;

/** Two at least: with one, a request that burns CPU holds up all others. */
const MIN_DEFAULT_THREAD_COUNT = 2;

/** The CPUs that this process may use (a container's quota counts), at least 2. */
export const DEFAULT_THREAD_COUNT: number = Math.min(
  MAX_THREAD_COUNT,
  Math.max(MIN_DEFAULT_THREAD_COUNT, availableCpus(availableParallelism(), readText)),
);
