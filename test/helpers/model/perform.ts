/** What an access does to a state, and what it answers. The kernel's calls are checked on the way. */
import { isBell, bellOf, FIRST_DESCRIPTOR } from './fake-node.ts';
import { checkOwnClose, checkOwnEnd, checkOwnReply, checkReply } from './checks.ts';
import type { Node } from './automaton.ts';
import * as row from './row.ts';
import type { Row } from './row.ts';
import {
  ADD,
  ADOPT,
  CLOSE,
  CLOSE_OWN,
  DUPLICATE,
  END_OWN,
  EXCHANGE,
  INODE,
  IS_RESET,
  LOAD,
  OR,
  STORE,
  STORE_AFTER_READ,
  SWAP,
  WRITE,
  WRITE_OWN,
} from './tape.ts';
import type { World } from './world.ts';

const BROKEN_PIPE = -1;

export function perform(world: World, state: Row, who: number, { access }: Node): number {
  if (access === undefined) throw new Error('There is no access to perform.');
  const { operation, a, b, c } = access;
  const held = state[a] as number;
  switch (operation) {
    case LOAD:
      return held;
    case STORE:
      state[a] = b;
      return 0;
    case SWAP:
      if (held === b) state[a] = c;
      return held;
    case EXCHANGE:
      state[a] = b;
      return held;
    case ADD:
      state[a] = held + b;
      return held;
    case OR:
      state[a] = held | b;
      return held;
    case STORE_AFTER_READ:
      if (state[world.places.contentOf(a)] !== c) {
        world.complain('an entry was written while a thread read it');
      }
      state[a] = b;
      return 0;
    default:
      return callKernel(world, state, who, operation, a, b);
  }
}

function callKernel(
  world: World,
  state: Row,
  who: number,
  operation: number,
  descriptor: number,
  what: number,
): number {
  const { shape } = world;
  if (operation === WRITE && isBell(descriptor)) return ring(world, state, bellOf(descriptor));
  const at = shape.descriptors + descriptor - FIRST_DESCRIPTOR;
  const client = row.clientOfDescriptor(state[at] as number);
  if (operation === INODE) return client + 1;
  if (client === -1) {
    world.complain('a descriptor is used that is closed');
    return 0;
  }
  const flags = shape.client(client) + row.FLAGS;
  switch (operation) {
    case WRITE:
      checkReply(world, state, who, client, what);
      return (state[flags] as number) & row.IS_RESET ? BROKEN_PIPE : 0;
    case CLOSE:
      state[at] = 0;
      return 0;
    case CLOSE_OWN:
      checkOwnClose(world, state, client);
      state[at] = 0;
      state[flags] = (state[flags] as number) | row.WAS_CLOSED;
      return 0;
    case DUPLICATE: {
      let free = 0;
      while (state[shape.descriptors + free] !== 0) free += 1;
      if (free >= shape.descriptorCount) throw new Error('The model has too few descriptors.');
      state[shape.descriptors + free] = client + 1;
      return FIRST_DESCRIPTOR + free;
    }
    case ADOPT:
      state[at] = (state[at] as number) | (who << row.LINE_SHIFT);
      return 0;
    case IS_RESET:
      return (state[flags] as number) & row.IS_RESET ? 1 : 0;
    case WRITE_OWN:
      checkOwnReply(world, state, client, what);
      return 0;
    case END_OWN:
      checkOwnEnd(world, state, client);
      state[flags] = (state[flags] as number) | row.WAS_ENDED;
      return 0;
    default:
      throw new Error(`The model does not have the operation ${operation}.`);
  }
}

function ring(world: World, state: Row, bell: number): number {
  if (bell === 0) state[world.shape.acceptorBell] = 1;
  else if (state[world.shape.thread(bell) + row.LIFE] === row.ALIVE)
    state[world.shape.thread(bell) + row.BELL_RINGS] = 1;
  return 0;
}
