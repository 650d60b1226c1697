/**
 * Which accesses need no step of their own: those whose moment no other actor can see, because it
 * does not touch the place while that can matter, or because nothing is decided by what it reads.
 * They run together with the access before them; a thread can die between the two all the same.
 * `everyAccess` turns this off.
 */
import { CLOSING, IDLE, stageOf } from '../../../src/shared/memory/words.ts';
import type { Configuration } from './configuration.ts';
import { bellOf, isBell } from './fake-node.ts';
import { GARBAGE } from './model-memory.ts';
import type { Place, Places } from './places.ts';
import { type Access, ADOPT, DUPLICATE, INODE, isOfMemory, LOAD, STORE, WRITE } from './tape.ts';

const mayLeave = ({ resets = 0, ends = 0 }: Configuration): boolean => resets + ends > 0;

export function isLocalToThread(access: Access, places: Places, configuration: Configuration): boolean {
  // Its own: the acceptor knows of it already, and asks only when the thread is dead.
  if (access.operation === ADOPT) return true;
  // The acceptor's bell: it looks at flags that were set before.
  if (access.operation === WRITE) return isBell(access.a) && bellOf(access.a) === 0;
  if (!isOfMemory(access)) return false;
  const { kind } = places.all[access.a] as Place;
  switch (kind) {
    case 'TAKEN':
    case 'CLAIM_NUMBER':
    case 'CLAIM_INDEX': // the acceptor reads them when the thread is dead
    case 'RUNNING': // only says whom of those asleep to ring first
    case 'DRAINING': // nothing drains here
      return true;
    case 'MAIL_TAIL': // its own
      return access.operation === LOAD;
    case 'CLIENT_ENDED':
      return !mayLeave(configuration);
    default:
      return false;
  }
}

/** `isDead` tells of a line that no thread has. */
export function isLocalToAcceptor(
  access: Access,
  places: Places,
  configuration: Configuration,
  state: Int32Array,
  isDead: (line: number) => boolean,
): boolean {
  // The bell of a thread that was marked as rung before; a number that nobody knows yet.
  if (access.operation === WRITE || access.operation === DUPLICATE || access.operation === INODE) return true;
  if (!isOfMemory(access)) return false;
  const { kind, of } = places.all[access.a] as Place;
  switch (kind) {
    case 'QUEUE_TAIL':
    case 'OVERFLOW': // its own
      return access.operation === LOAD;
    case 'WORD': // its own too, as long as it stands so
      return access.operation === LOAD && isAtRest(state[access.a] as number);
    case 'ENTRY_CONTENT':
      // The sooner it is garbage, the more is seen.
      return access.operation === STORE && access.b === GARBAGE;
    case 'TAKEN':
    case 'CLAIM_NUMBER':
    case 'CLAIM_INDEX': // asked for only when the thread is dead
    case 'RUNNING':
    case 'DRAINING':
      return true;
    case 'MAIL_HEAD':
      return access.operation === LOAD || isDead(of);
    case 'THREAD_STATE':
    case 'RANG_ACCEPTOR':
    case 'MAIL_ALL':
    case 'MAIL_TAIL':
      return isDead(of);
    case 'LETTER':
      return isDead(Math.trunc(of / 100));
    case 'CLIENT_ENDED':
      return access.operation === STORE && !mayLeave(configuration);
    default:
      return false;
  }
}

const isAtRest = (word: number): boolean => stageOf(word) === IDLE || stageOf(word) === CLOSING;
