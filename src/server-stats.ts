/** What `server.stats()` gives: numbers from shared memory and the acceptor's counters, at one instant. */
import type { Acceptor } from './acceptor/acceptor.ts';
import type { RefusalReason, RejectReason } from './acceptor/counters.ts';
import type { Memory } from './shared/cells.ts';
import { type Layout, wordCell } from './shared/layout.ts';
import { ASLEEP, RUNG, runningIn, servedBy, takenBy, threadState } from './shared/thread-line.ts';
import { LENT, LENT_REPLYING, stageOf } from './shared/words.ts';

export interface ThreadStats {
  /** 0-based place in the pool. */
  readonly threadNumber: number;
  /** Node's thread id; undefined while it starts. */
  readonly threadId: number | undefined;
  /** `rung`: asleep, and told that there is work. */
  readonly state: 'starting' | 'asleep' | 'rung' | 'awake';
  /** Requests it has begun and not finished. */
  readonly running: number;
  /** Requests it has taken from the queue, its predecessors on the same line included. */
  readonly taken: number;
  /** Requests that it took longer for than `handlerTimeoutMs`: answered 504, or cut. */
  readonly abandoned: number;
}

export interface ServerStats {
  /** Requests that wait and that no thread has taken. */
  readonly pending: number;
  /** How many may wait now: the `maxPending` option, or what was measured for 'auto'. */
  readonly maxPending: number;
  /** Requests a second that the threads complete when all are busy, as measured for `maxPending: 'auto'`; undefined until it is known. */
  readonly fullRatePerSecond: number | undefined;
  /** Requests that threads have begun and not finished. */
  readonly running: number;
  /** Open connections. */
  readonly connections: number;
  /** Connections that threads read and write by themselves. */
  readonly lent: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Requests that threads have finished. */
  readonly served: number;
  /** Requests answered 503 by the acceptor, by reason. */
  readonly rejected: Readonly<Record<RejectReason, number>>;
  /** Other replies the acceptor gave by itself, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly threads: readonly ThreadStats[];
}

interface PoolThread {
  readonly threadNumber: number;
  readonly line: number;
  readonly threadId: number | undefined;
  readonly isReady: boolean;
}

export function createStats(
  memory: Memory,
  layout: Layout,
  acceptor: Acceptor,
  threads: Iterable<PoolThread>,
): ServerStats {
  let lent = 0;
  acceptor.connections.table.forEach(({ slot }) => {
    const stage = stageOf(memory.load(wordCell(layout, slot)));
    if (stage === LENT || stage === LENT_REPLYING) lent += 1;
  });
  let running = 0;
  let served = 0;
  for (let line = 1; line <= layout.lineCount; line += 1) {
    running += runningIn(memory, layout, line);
    served += servedBy(memory, layout, line);
  }
  const { accepted, rejected, refused } = acceptor.connections.counters;
  return {
    pending: acceptor.lending.countPending(),
    maxPending: acceptor.pendingLimit.current,
    fullRatePerSecond: acceptor.pendingLimit.ratePerSecond,
    running,
    connections: acceptor.connections.table.size,
    lent,
    accepted,
    served,
    rejected: { ...rejected },
    refused: { ...refused },
    threads: [...threads]
      .map((thread) => threadStats(memory, layout, thread, acceptor.lateHandlers.abandonedBy(thread.line)))
      .sort((one, other) => one.threadNumber - other.threadNumber),
  };
}

function threadStats(memory: Memory, layout: Layout, thread: PoolThread, abandoned: number): ThreadStats {
  const { line, threadNumber, threadId, isReady } = thread;
  const state = threadState(memory, layout, line);
  return {
    threadNumber,
    threadId,
    state: isReady ? (state === ASLEEP ? 'asleep' : state === RUNG ? 'rung' : 'awake') : 'starting',
    running: runningIn(memory, layout, line),
    taken: takenBy(memory, layout, line),
    abandoned,
  };
}
