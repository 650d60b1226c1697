/** What events, effects and mishaps change in a state, beside the shared cells. */
import { checkDeath, checkRun, checkSlot } from './checks.ts';
import * as effects from './effects.ts';
import * as events from './events.ts';
import { ACCEPTOR, CLIENT_RESET, DEATH } from './moves.ts';
import * as row from './row.ts';
import type { Row } from './row.ts';
import type { World } from './world.ts';

/** What an actor's code told others while it made a step. */
export function affect(world: World, state: Row, who: number, told: readonly number[]): void {
  for (let at = 0; at < told.length; at += 4) {
    affectOnce(
      world,
      state,
      who,
      told[at] as number,
      told[at + 1] as number,
      told[at + 2] as number,
      told[at + 3] as number,
    );
  }
}

function affectOnce(world: World, state: Row, who: number, kind: number, a: number, b: number, c: number): void {
  const { shape } = world;
  switch (kind) {
    case effects.TORN:
      world.complain('a thread read an entry that was being written');
      return;
    case effects.RUN:
      checkRun(world, state, who, a, b, c);
      return;
    case effects.READY:
      state[shape.thread(who) + row.IS_READY] = 1;
      return;
    case effects.TELL:
      post(world, state, a, b);
      return;
    case effects.SETTLED:
      state[shape.thread(a) + row.LIFE] = row.GONE;
      return;
    case effects.SLOT_OF:
      checkSlot(world, state, a, b);
      state[shape.client(a) + row.SLOT] = b;
      return;
    default:
      world.complain(`the code did what the model does not have (${a})`);
  }
}

/** A message is on its way to a thread. */
function post(world: World, state: Row, line: number, message: number): void {
  if (!world.isAlive(state, line)) return;
  const mail = world.shape.thread(line) + row.MAIL;
  for (let at = mail; at < mail + row.MAIL_PLACES; at += 1) {
    if (state[at] !== 0) continue;
    state[at] = message;
    return;
  }
  throw new Error('The model has too few places for messages.');
}

/** The event happens: it is on its way no more. */
export function takeEvent(world: World, state: Row, who: number, code: number): void {
  if (who === ACCEPTOR) takeAcceptorEvent(world, state, events.kindOf(code), events.firstOf(code));
  else takeThreadEvent(world, state, who, events.kindOf(code));
}

function takeThreadEvent({ shape }: World, state: Row, line: number, kind: number): void {
  const base = shape.thread(line);
  switch (kind) {
    case events.BELL:
      state[base + row.BELL_RINGS] = 0;
      return;
    case events.START:
      state[base + row.LIFE] = row.ALIVE;
      return;
    case events.MESSAGE: {
      const end = base + row.MAIL + row.MAIL_PLACES;
      state.copyWithin(base + row.MAIL, base + row.MAIL + 1, end);
      state[end - 1] = 0;
      return;
    }
    default:
  }
}

function takeAcceptorEvent(world: World, state: Row, kind: number, first: number): void {
  const { shape, configuration } = world;
  configuration.clients.forEach((_, client) => unmark(world, state, client, row.MAY_TIME_OUT));
  switch (kind) {
    case events.BELL:
      state[shape.acceptorBell] = 0;
      return;
    case events.READY_MESSAGE:
      state[shape.thread(first) + row.IS_READY] = 0;
      return;
    case events.READ:
    case events.READ_TWO: {
      const sent = shape.client(first) + row.SENT;
      state[sent] = (state[sent] as number) + (kind === events.READ ? 1 : 2);
      return;
    }
    case events.END:
      mark(world, state, first, row.END_SEEN);
      return;
    case events.RESET:
      mark(world, state, first, row.RESET_SEEN);
      return;
    case events.HANDLER_LATE:
      state[shape.revokesLeft] = (state[shape.revokesLeft] as number) - 1;
      mark(world, state, first, row.MAY_TIME_OUT);
      return;
    case events.CUT_ALL:
      state[shape.stop] = 2;
      configuration.clients.forEach((_, client) => mark(world, state, client, row.MAY_BE_CUT | row.MAY_BE_REFUSED));
      return;
    default:
  }
}

/** Something goes wrong. */
export function befall(world: World, state: Row, code: number): void {
  const { shape } = world;
  const first = events.firstOf(code);
  switch (events.kindOf(code)) {
    case DEATH:
      state[shape.deathsLeft] = (state[shape.deathsLeft] as number) - 1;
      die(world, state, first);
      return;
    case CLIENT_RESET:
      state[shape.resetsLeft] = (state[shape.resetsLeft] as number) - 1;
      mark(world, state, first, row.IS_RESET);
      return;
    default:
      state[shape.endsLeft] = (state[shape.endsLeft] as number) - 1;
      mark(world, state, first, row.HAS_ENDED);
  }
}

/** All of a thread's own is gone with it: where it stood, what was on its way to it, what it had adopted. */
function die(world: World, state: Row, line: number): void {
  const { shape } = world;
  const base = shape.thread(line);
  checkDeath(world, state, line);
  state[base + row.AT] = 0;
  state[base + row.LIFE] = row.DEAD;
  state[base + row.BELL_RINGS] = 0;
  state.fill(0, base + row.MAIL, base + row.MAIL + row.MAIL_PLACES);
  for (let at = shape.descriptors; at < shape.descriptors + shape.descriptorCount; at += 1) {
    if ((state[at] as number) >> row.LINE_SHIFT === line) state[at] = 0;
  }
}

/** A client connects. Gives the acceptor's event, with the lowest free descriptor. */
export function connect({ shape }: World, state: Row, client: number): number {
  let descriptor = 0;
  while (state[shape.descriptors + descriptor] !== 0) descriptor += 1;
  state[shape.descriptors + descriptor] = client + 1;
  state[shape.client(client) + row.FLAGS] = row.ACCEPTED;
  return events.event(events.ACCEPT, client, descriptor);
}

function mark({ shape }: World, state: Row, client: number, flags: number): void {
  const at = shape.client(client) + row.FLAGS;
  state[at] = (state[at] as number) | flags;
}

function unmark({ shape }: World, state: Row, client: number, flags: number): void {
  const at = shape.client(client) + row.FLAGS;
  state[at] = (state[at] as number) & ~flags;
}
