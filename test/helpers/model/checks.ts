/** What must never be, and how everything must stand when nothing moves any more. */
import {
  generationOf,
  IDLE,
  LENT,
  LENT_REPLYING,
  ownerOf,
  CLOSING,
  REPLYING,
  REVOKED,
  RUNNING,
  stageOf,
  WAITING,
} from '../../../src/shared/memory/words.ts';
import { ASLEEP } from '../../../src/shared/memory/thread-line.ts';
import { HANDLER_TIMEOUT_REPLY, THREAD_FAILED_REPLY } from './acceptor-session.ts';
import type { RequestKind } from './configuration.ts';
import * as row from './row.ts';
import type { Row } from './row.ts';
import type { World } from './world.ts';

const kindOf = (world: World, client: number, nth: number): RequestKind | undefined =>
  world.configuration.clients[client]?.[nth];

const wordOf = (world: World, state: Row, slot: number): number => state[world.places.named('WORD', slot)] as number;

/** A thread begins to run a request that it has claimed. */
export function checkRun(world: World, state: Row, line: number, client: number, nth: number, loan: number): void {
  const slot = loan >> 20;
  const generation = loan & 0xfffff;
  const base = world.shape.client(client);
  const word = wordOf(world, state, slot);
  const isOfLoan = generationOf(word) === generation || world.configuration.mistake?.translatesGenerations === true;
  const stage = kindOf(world, client, nth) === 'lend' ? LENT : RUNNING;
  if (stageOf(word) !== stage || ownerOf(word) !== line || !isOfLoan) {
    world.complain('a thread runs a request without a loan of it');
  }
  if (state[base + row.SLOT] !== slot) world.complain("a thread runs another connection's request");
  const ran = state[base + row.RAN] as number;
  if ((ran & (1 << nth)) !== 0) world.complain('a request is run twice');
  state[base + row.RAN] = ran | (1 << nth);
  if (state[base + row.ANSWERED] !== nth) world.complain('requests of a connection are run out of order');
}

/** A thread writes a reply. */
export function checkReply(world: World, state: Row, line: number, client: number, what: number): void {
  const base = world.shape.client(client);
  const nth = ((what - 1) >> 4) & 0xf;
  const isInformational = ((what - 1) & 1) === 1;
  if (what === -1) world.complain('a thread writes bytes that no app has given it');
  if ((what - 1) >> 8 !== client) world.complain("a reply is written on another client's connection");
  const slot = state[base + row.SLOT] as number;
  const word = slot === -1 ? 0 : wordOf(world, state, slot);
  const stage = kindOf(world, client, nth) === 'lend' ? LENT_REPLYING : REPLYING;
  if (stageOf(word) !== stage || ownerOf(word) !== line) world.complain('a thread writes without the right to');
  const flags = state[base + row.FLAGS] as number;
  if ((flags & row.IS_RESET) !== 0) return;
  if (state[base + row.ANSWERED] !== nth) world.complain('a reply is doubled or out of order');
  if (isInformational) return;
  state[base + row.ANSWERED] = nth + 1;
  if (kindOf(world, client, nth) === 'close') state[base + row.FLAGS] = flags | row.MAY_BE_CUT;
}

/** What entitles the acceptor to a reply of its own, and what it is if nothing does. */
const REASONS: Readonly<Record<number, readonly [flag: number, complaint: string]>> = {
  [THREAD_FAILED_REPLY]: [row.MAY_FAIL, 'a request is answered 503 that no thread has died with'],
  [HANDLER_TIMEOUT_REPLY]: [row.MAY_TIME_OUT, 'a request is answered 504 whose handler had time'],
};

/** The acceptor answers a request itself. */
export function checkOwnReply(world: World, state: Row, client: number, what: number): void {
  const base = world.shape.client(client);
  const flags = state[base + row.FLAGS] as number;
  const [reason, complaint] = REASONS[what] ?? [row.MAY_BE_REFUSED, 'a request is refused for no reason'];
  if ((flags & reason) === 0) world.complain(complaint);
  const slot = state[base + row.SLOT] as number;
  const stage = what === HANDLER_TIMEOUT_REPLY ? REVOKED : IDLE;
  if (slot !== -1 && stageOf(wordOf(world, state, slot)) !== stage)
    world.complain('the acceptor writes without the right to');
  const answered = state[base + row.ANSWERED] as number;
  // A lent connection gets it although its request may be answered: only the dead thread knew.
  if (answered < (state[base + row.SENT] as number)) state[base + row.ANSWERED] = answered + 1;
  else if (kindOf(world, client, answered - 1) !== 'lend') world.complain('a reply is given that was not asked for');
  const closes = kindOf(world, client, (state[base + row.ANSWERED] as number) - 1) !== 'keep';
  state[base + row.FLAGS] = (flags & ~(row.MAY_FAIL | row.MAY_TIME_OUT)) | (closes ? row.MAY_BE_CUT : 0);
}

const LEFT = row.IS_RESET | row.HAS_ENDED;

/** The acceptor ends its side. */
export function checkOwnEnd(world: World, state: Row, client: number): void {
  const flags = state[world.shape.client(client) + row.FLAGS] as number;
  if ((flags & (LEFT | row.MAY_BE_CUT)) === 0) world.complain('a connection is ended for no reason');
}

/** The acceptor closes the connection. */
export function checkOwnClose(world: World, state: Row, client: number): void {
  const base = world.shape.client(client);
  const flags = state[base + row.FLAGS] as number;
  // A reply had begun when its time was up. It may have become whole since.
  if ((flags & row.MAY_TIME_OUT) !== 0) state[base + row.FLAGS] = flags | row.MAY_BE_CUT;
  if ((flags & (row.IS_RESET | row.MAY_BE_CUT | row.MAY_TIME_OUT)) !== 0) return;
  if ((flags & (row.HAS_ENDED | row.WAS_ENDED)) === 0) world.complain('a connection is closed for no reason');
  if (state[base + row.ANSWERED] !== state[base + row.SENT])
    world.complain('a connection is closed with a request unanswered');
}

/** A connection gets a slot, or gives it back (-1). */
export function checkSlot(world: World, state: Row, client: number, slot: number): void {
  if (slot === -1) return;
  world.configuration.clients.forEach((_, other) => {
    if (other !== client && state[world.shape.client(other) + row.SLOT] === slot) {
      world.complain('two connections have one slot');
    }
  });
}

/** A thread dies: what that entitles the acceptor to. */
export function checkDeath(world: World, state: Row, line: number): void {
  world.configuration.clients.forEach((_, client) => {
    const base = world.shape.client(client);
    const slot = state[base + row.SLOT] as number;
    if (slot === -1) return;
    const word = wordOf(world, state, slot);
    if (ownerOf(word) !== line) return;
    state[base + row.FLAGS] = (state[base + row.FLAGS] as number) | entitledBy(stageOf(word));
  });
}

function entitledBy(stage: number): number {
  switch (stage) {
    case RUNNING:
    case LENT:
      return row.MAY_FAIL;
    case REPLYING:
    case LENT_REPLYING:
    case CLOSING:
      return row.MAY_BE_CUT;
    default:
      return 0;
  }
}

/** Nothing moves any more unless something goes wrong: what is left undone, if anything. */
export function problemAtEnd(world: World, state: Row): string | undefined {
  const { configuration, places, shape } = world;
  const open = new Int32Array(configuration.clients.length);
  for (let at = 0; at < shape.descriptorCount; at += 1) {
    const client = row.clientOfDescriptor(state[shape.descriptors + at] as number);
    if (client >= 0) open[client] = (open[client] as number) + 1;
  }
  for (let client = 0; client < configuration.clients.length; client += 1) {
    const problem = problemOfClient(world, state, client, open[client] as number);
    if (problem !== undefined) return problem;
  }
  for (let position = 0; position < world.layout.ringSize; position += 1) {
    if (state[places.named('ENTRY_STATE', position)] !== 0) return 'an entry is never freed';
  }
  if (state[places.named('OVERFLOW')] !== 0) return 'the overflow list is said not to be empty';
  let taken = state[shape.taken] as number;
  for (let line = 1; line <= configuration.threads; line += 1) {
    taken += state[places.named('TAKEN', line)] as number;
    if (state[places.named('THREAD_STATE', line)] !== ASLEEP) return 'a thread neither sleeps nor runs';
    const running = state[places.named('RUNNING', line)] as number;
    if (running !== 0) return `running is ${running} though nothing runs`;
  }
  const put = world.node(state, 0).standing?.pending ?? 0;
  return put === taken ? undefined : `pending is ${put - taken} though nothing waits`;
}

function problemOfClient(world: World, state: Row, client: number, open: number): string | undefined {
  const base = world.shape.client(client);
  const flags = state[base + row.FLAGS] as number;
  if ((flags & row.ACCEPTED) === 0) return undefined;
  const slot = state[base + row.SLOT] as number;
  if ((flags & (row.IS_RESET | row.WAS_CLOSED)) !== 0) {
    if (slot !== -1) return 'a connection that is over is never forgotten';
    return open === 0 ? undefined : 'a descriptor is never closed';
  }
  if (slot === -1) return 'an open connection is forgotten';
  const word = wordOf(world, state, slot);
  if (state[base + row.ANSWERED] !== state[base + row.SENT]) {
    const [head, tail] = [state[world.places.named('QUEUE_HEAD')], state[world.places.named('QUEUE_TAIL')]];
    if (stageOf(word) === WAITING)
      return head === tail
        ? 'a request is lost: it waits outside the queue'
        : 'a lost wake-up: a request waits, all threads sleep';
    return 'a request is lost';
  }
  if (state[base + row.SENT] !== world.configuration.clients[client]?.length) return 'a connection is never read again';
  if (stageOf(word) !== IDLE) return 'a word is stuck';
  return open <= 2 ? undefined : 'a descriptor is never closed';
}
