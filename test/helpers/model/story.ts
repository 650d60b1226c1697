/** Tells the way to a fault: one line for each move. */
import * as events from './events.ts';
import { withFakeNode } from './fake-node.ts';
import { type Access, isOfMemory } from './tape.ts';
import { codeOf, cutOf, FATE, whoOf } from './moves.ts';
import type { Row } from './row.ts';
import type { World } from './world.ts';

const OPERATIONS: readonly string[] = [
  'load',
  'store',
  'swap',
  'exchange',
  'add',
  'or',
  'store',
  'write to',
  'close',
  'duplicate',
  'ask for a reset of',
  'answer on',
  'end',
  'destroy',
  'ask for the file of',
  'adopt',
];

const ACCEPTOR_EVENTS: readonly string[] = [
  '',
  'client connects',
  'reads a request of client',
  'reads two requests of client',
  'hears its bell',
  'sees the end of client',
  'sees the reset of client',
  'its socket closes, of client',
  'its reply is flushed, to client',
  'settles the dead thread',
  'knows to be ready the thread',
  'rings again',
  'cuts all',
  'ends the handler of client',
];

const THREAD_EVENTS: readonly string[] = [
  '',
  'starts',
  'runs an immediate',
  'answers its request',
  'hears its bell',
  'gets a message',
];

const FATES: readonly string[] = ['', 'dies: thread', 'resets: client', 'half-closes: client'];

const MAX_SHOWN = 400;

export function tell(world: World, moves: readonly number[]): string {
  return withFakeNode(() => {
    const lines: string[] = [];
    const state = world.start();
    world.complaint = undefined;
    for (const move of moves) {
      const before = state.slice();
      const who = whoOf(move);
      const access = whoOf(move) === FATE || codeOf(move) !== 0 ? undefined : world.node(state, who).access;
      world.apply(state, move);
      lines.push(`${nameOf(world, move, access)}${changes(world, before, state)}`);
    }
    const complaint = world.complaint === undefined ? [] : [world.complaint];
    return [...lines.slice(-MAX_SHOWN), ...complaint].join('\n');
  });
}

function nameOf(world: World, move: number, access: Access | undefined): string {
  const who = whoOf(move);
  const code = codeOf(move);
  const [kind, first] = [events.kindOf(code), events.firstOf(code)];
  if (who === FATE) return `!        ${FATES[kind]} ${first}`;
  const dies = cutOf(move) === 0 ? '' : ` (and dies after ${cutOf(move)} accesses)`;
  const name = who === 0 ? 'acceptor' : `thread ${who}${dies}`;
  if (access === undefined)
    return `${name} ${(who === 0 ? ACCEPTOR_EVENTS : THREAD_EVENTS)[kind]} ${who === 0 ? first : ''}`;
  const what = isOfMemory(access) ? world.places.describe(access.a) : String(access.a);
  return `${name}   ${OPERATIONS[access.operation]} ${what} ${access.b === 0 ? '' : hex(access.b)} ${access.c === 0 ? '' : hex(access.c)}`;
}

function changes(world: World, before: Row, after: Row): string {
  const changed: string[] = [];
  for (let place = 0; place < world.places.all.length; place += 1) {
    if (before[place] !== after[place])
      changed.push(
        `${world.places.describe(place)}: ${hex(before[place] as number)} -> ${hex(after[place] as number)}`,
      );
  }
  return changed.length === 0 ? '' : `   { ${changed.join(', ')} }`;
}

const hex = (value: number): string => (Math.abs(value) < 100 ? String(value) : `0x${(value >>> 0).toString(16)}`);
