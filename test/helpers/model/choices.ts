/** Which moves a state has. */
import { REPLYING, RUNNING, stageOf } from '../../../src/shared/memory/words.ts';
import * as events from './events.ts';
import { ACCEPTOR, CLIENT_END, CLIENT_RESET, DEATH, FATE, moveOf } from './moves.ts';
import * as row from './row.ts';
import type { Row } from './row.ts';
import type { World } from './world.ts';

/** Puts the moves of a state into `moves`. */
export function listMoves(world: World, state: Row, moves: number[]): void {
  moves.length = 0;
  const only = whoMustGoOn(world, state);
  if (only === undefined || only === ACCEPTOR) {
    if (world.node(state, ACCEPTOR).access !== undefined) moves.push(moveOf(ACCEPTOR, 0));
    else listAcceptorEvents(world, state, moves);
  }
  for (let line = 1; line <= world.configuration.threads; line += 1) {
    const mayMove = only === undefined || only === line;
    if (world.isAlive(state, line)) listThreadMoves(world, state, line, mayMove, moves);
    else if (mayMove && state[world.shape.thread(line) + row.LIFE] === row.GONE) {
      moves.push(moveOf(line, events.event(events.START)));
    }
  }
  world.configuration.clients.forEach((_, client) => listLeavings(world, state, client, moves));
}

/** In the middle of an event. */
export const isInEvent = (world: World, state: Row, who: number): boolean =>
  (who === ACCEPTOR || world.isAlive(state, who)) && world.node(state, who).access !== undefined;

/** Whoever is in the middle of an event, if it may not be interrupted any more. */
function whoMustGoOn(world: World, state: Row): number | undefined {
  const { shape, configuration } = world;
  if (configuration.interruptions === undefined || (state[shape.interruptionsLeft] as number) > 0) return undefined;
  const running = state[shape.running] as number;
  return isInEvent(world, state, running) ? running : undefined;
}

function listThreadMoves(world: World, state: Row, line: number, mayMove: boolean, moves: number[]): void {
  if (world.mayDie(state)) moves.push(moveOf(FATE, events.event(DEATH, line)));
  if (!mayMove) return;
  const { access, standing } = world.node(state, line);
  if (access !== undefined) {
    moves.push(moveOf(line, 0));
    return;
  }
  const base = world.shape.thread(line);
  for (const code of standing?.events ?? []) moves.push(moveOf(line, code));
  if (state[base + row.BELL_RINGS] === 1) moves.push(moveOf(line, events.event(events.BELL)));
  const message = state[base + row.MAIL] as number;
  if (message !== 0) moves.push(moveOf(line, events.messageEvent(message)));
}

function listLeavings({ configuration, shape }: World, state: Row, client: number, moves: number[]): void {
  const base = shape.client(client);
  const flags = state[base + row.FLAGS] as number;
  const isThere = (flags & (row.ACCEPTED | row.IS_RESET | row.HAS_ENDED | row.WAS_CLOSED)) === row.ACCEPTED;
  if (!isThere) return;
  if ((state[shape.resetsLeft] as number) > 0) moves.push(moveOf(FATE, events.event(CLIENT_RESET, client)));
  const hasSentAll = state[base + row.SENT] === configuration.clients[client]?.length;
  if (hasSentAll && (state[shape.endsLeft] as number) > 0) moves.push(moveOf(FATE, events.event(CLIENT_END, client)));
}

function listAcceptorEvents(world: World, state: Row, moves: number[]): void {
  const { shape, configuration } = world;
  const { standing } = world.node(state, ACCEPTOR);
  for (const code of standing?.events ?? []) moves.push(moveOf(ACCEPTOR, code));
  if ((state[shape.revokesLeft] as number) > 0) listLateHandlers(world, state, moves);
  if (state[shape.stop] === 1) moves.push(moveOf(ACCEPTOR, events.event(events.CUT_ALL)));
  if (state[shape.acceptorBell] === 1) moves.push(moveOf(ACCEPTOR, events.event(events.BELL)));
  for (let line = 1; line <= configuration.threads; line += 1) {
    const base = shape.thread(line);
    // All that a thread has sent is here before its exit.
    if (state[base + row.IS_READY] === 1) moves.push(moveOf(ACCEPTOR, events.event(events.READY_MESSAGE, line)));
    else if (state[base + row.LIFE] === row.DEAD) moves.push(moveOf(ACCEPTOR, events.event(events.EXIT, line)));
  }
  const reads = standing?.reads ?? 0;
  configuration.clients.forEach((_, client) => {
    const flags = state[shape.client(client) + row.FLAGS] as number;
    if ((flags & row.ACCEPTED) === 0) listConnect(world, state, client, moves);
    // What a thread reads the acceptor does not see.
    else if ((flags & row.WAS_CLOSED) === 0 && (reads & (1 << client)) !== 0) listReads(world, state, client, moves);
  });
}

/** Of the requests that a thread runs, each handler may have had its time. */
function listLateHandlers({ shape, places, configuration }: World, state: Row, moves: number[]): void {
  configuration.clients.forEach((_, client) => {
    const slot = state[shape.client(client) + row.SLOT] as number;
    if (slot === -1) return;
    const stage = stageOf(state[places.named('WORD', slot)] as number);
    if (stage === RUNNING || stage === REPLYING)
      moves.push(moveOf(ACCEPTOR, events.event(events.HANDLER_LATE, client)));
  });
}

/** A client that waits for another's connection to be over. */
function listConnect({ shape, configuration }: World, state: Row, client: number, moves: number[]): void {
  const previous = shape.client(configuration.connectsAfter?.[client] as number);
  const isOver = ((state[previous + row.FLAGS] as number) & row.WAS_CLOSED) !== 0 && state[previous + row.SLOT] === -1;
  if (isOver && state[shape.stop] !== 2) moves.push(moveOf(ACCEPTOR, events.event(events.ACCEPT, client)));
}

/** What can be read from a client's socket. */
function listReads({ shape, configuration }: World, state: Row, client: number, moves: number[]): void {
  const base = shape.client(client);
  const flags = state[base + row.FLAGS] as number;
  if ((flags & row.IS_RESET) !== 0) {
    if ((flags & row.RESET_SEEN) === 0) moves.push(moveOf(ACCEPTOR, events.event(events.RESET, client)));
    return;
  }
  const sent = state[base + row.SENT] as number;
  const left = (configuration.clients[client]?.length ?? 0) - sent;
  const before = configuration.sendsAfter?.[client];
  const isItsTurn =
    before === undefined || state[shape.client(before) + row.SENT] === configuration.clients[before]?.length;
  if (isItsTurn && (flags & row.WAS_ENDED) === 0) {
    if (left > 0) moves.push(moveOf(ACCEPTOR, events.event(events.READ, client, sent)));
    if (left > 1 && configuration.pipelines === true) {
      moves.push(moveOf(ACCEPTOR, events.event(events.READ_TWO, client, sent)));
    }
  }
  // A client closes when the server does.
  const ends = (flags & (row.HAS_ENDED | row.WAS_ENDED)) !== 0;
  if (ends && (flags & row.END_SEEN) === 0) moves.push(moveOf(ACCEPTOR, events.event(events.END, client)));
}
