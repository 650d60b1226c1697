/** What `server.stats()` gives: numbers from shared memory and the acceptor's counters, at one instant. */
import type { Acceptor } from './acceptor/acceptor.ts';
import type { RefusalReason, RejectReason } from './acceptor/counters.ts';
import type { Memory } from './shared/memory/cells.ts';
import { type Layout, wordCell } from './shared/memory/layout.ts';
import { ASLEEP, RUNG, runningIn, servedBy, takenBy, threadState, upgradedIn } from './shared/memory/thread-line.ts';
import { LENT, LENT_REPLYING, stageOf } from './shared/memory/words.ts';

export interface ThreadStats {
  /** 0-based place in the pool. */
  readonly threadNumber: number;
  /** Node's thread id; undefined while it starts. */
  readonly threadId: number | undefined;
  /** `rung`: asleep, and told that there is work. `retiring`: takes no more requests, finishes those it has, and ends. */
  readonly state: 'starting' | 'asleep' | 'rung' | 'awake' | 'retiring';
  /** How often the app had been loaded anew when the thread was started. */
  readonly generation: number;
  /** Requests it has begun and not finished. */
  readonly running: number;
  /** Requests it has taken from the queue, its predecessors on the same line included. */
  readonly taken: number;
  /** Requests that it took longer for than `handlerTimeoutMs`: answered 504, or cut. */
  readonly abandoned: number;
}

export interface ServerStats {
  /** Whether load balancers should send requests here: it serves, and has not been told to stop. */
  readonly ready: boolean;
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
  /** Those of them that speak another protocol, WebSocket for one. */
  readonly upgraded: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** How often accepting has paused because descriptors ran short. */
  readonly acceptPauses: number;
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
  readonly generation: number;
  readonly state: 'starting' | 'loaded' | 'serving' | 'retiring';
}

export function createStats(
  memory: Memory,
  layout: Layout,
  acceptor: Acceptor,
  threads: Iterable<PoolThread>,
  ready: boolean,
): ServerStats {
  let lent = 0;
  acceptor.connections.table.forEach(({ slot }) => {
    const stage = stageOf(memory.load(wordCell(layout, slot)));
    if (stage === LENT || stage === LENT_REPLYING) lent += 1;
  });
  let running = 0;
  let served = 0;
  let upgraded = 0;
  for (let line = 1; line <= layout.lineCount; line += 1) {
    running += runningIn(memory, layout, line);
    served += servedBy(memory, layout, line);
    upgraded += upgradedIn(memory, layout, line);
  }
  const { accepted, acceptPauses, rejected, refused } = acceptor.connections.counters;
  return {
    ready,
    pending: acceptor.lending.countPending(),
    maxPending: acceptor.pendingLimit.current,
    fullRatePerSecond: acceptor.pendingLimit.ratePerSecond,
    running,
    connections: acceptor.connections.table.size,
    lent,
    upgraded,
    accepted,
    acceptPauses,
    served,
    rejected: { ...rejected },
    refused: { ...refused },
    threads: [...threads]
      .map((thread) => threadStats(memory, layout, thread, acceptor.lateHandlers.abandonedBy(thread.line)))
      .sort((one, other) => one.threadNumber - other.threadNumber || one.generation - other.generation),
  };
}

function threadStats(memory: Memory, layout: Layout, thread: PoolThread, abandoned: number): ThreadStats {
  const { line, threadNumber, threadId, generation } = thread;
  return {
    threadNumber,
    threadId,
    generation,
    state: stateOf(thread.state, threadState(memory, layout, line)),
    running: runningIn(memory, layout, line),
    taken: takenBy(memory, layout, line),
    abandoned,
  };
}

function stateOf(inPool: PoolThread['state'], inMemory: number): ThreadStats['state'] {
  if (inPool === 'retiring') return 'retiring';
  if (inPool !== 'serving') return 'starting';
  return inMemory === ASLEEP ? 'asleep' : inMemory === RUNG ? 'rung' : 'awake';
}
