/** How a connection stands, as far as time is concerned: what the acceptor believes, and what its word says. */
import type { Memory } from '../../shared/memory/cells.ts';
import { msSince } from '../../shared/clock.ts';
import { FINISHED_AT, type Layout, wordCell } from '../../shared/memory/layout.ts';
import { startOf } from '../../shared/memory/request-start.ts';
import { IDLE, REPLYING, RUNNING, stageOf, WAITING } from '../../shared/memory/words.ts';
import type { Connection } from '../connection.ts';
import type { Standing } from './timeouts.ts';

export function standingOf(connection: Connection, memory: Memory, layout: Layout, now: number): Standing {
  const { phase, since } = connection;
  switch (phase) {
    case 'new':
      return { phase, acceptedAt: since };
    case 'reading':
      return { phase, begunAt: since, lastByteAt: connection.lastByteAt };
    case 'overflow':
      return { phase: 'waiting', waitingSince: since };
    case 'idle':
      return { phase, idleSince: since, hasWriteDescriptor: hasWriteDescriptor(connection) };
    case 'lent':
      return lentStanding(connection, memory, layout, now);
    case 'gone':
      return { phase: 'running', startedAt: undefined };
    default:
      return { phase, since };
  }
}

/** The word tells how far a loan is; a connection that came back silently is idle since its reply. */
function lentStanding(connection: Connection, memory: Memory, layout: Layout, now: number): Standing {
  const cell = wordCell(layout, connection.slot);
  const stage = stageOf(memory.load(cell));
  if (stage === WAITING) return { phase: 'waiting', waitingSince: connection.since };
  if (stage === RUNNING || stage === REPLYING) {
    return { phase: 'running', startedAt: startOf(memory, layout, connection.slot, now) };
  }
  // Of a lent connection only its thread knows the requests.
  if (stage !== IDLE) return { phase: 'running', startedAt: undefined };
  const idleSince = now - msSince(memory.load(cell + FINISHED_AT), now);
  return { phase: 'idle', idleSince, hasWriteDescriptor: hasWriteDescriptor(connection) };
}

const hasWriteDescriptor = ({ writeDescriptor }: Connection): boolean => writeDescriptor !== -1;
