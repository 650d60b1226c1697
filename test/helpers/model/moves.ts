/**
 * A move as a number: who (3 bits) with what event (26 bits; 0: its access is answered), and, for a
 * thread that dies in the middle of it, after how many accesses (3 bits).
 */
import { CUT_ALL, event, HANDLER_LATE, kindOf } from './events.ts';

const CODE_BITS = 26;
const CUT_SHIFT = 29;

/** Who moves: the acceptor, or a thread by its line, or what goes wrong. */
export const ACCEPTOR = 0;
export const FATE = 7;

/** What goes wrong: a thread (line) dies, a client resets or half-closes. */
export const DEATH = 1;
export const CLIENT_RESET = 2;
export const CLIENT_END = 3;

export const moveOf = (who: number, code: number): number => (who << CODE_BITS) | code;

export const whoOf = (move: number): number => (move >>> CODE_BITS) & 7;

export const codeOf = (move: number): number => move & ((1 << CODE_BITS) - 1);

/** The thread dies after so many accesses of the move; 0: it does not. */
export const cutOf = (move: number): number => move >>> CUT_SHIFT;

export function cutShort(move: number, after: number): number {
  if (after > 7) throw new Error('The model has too few bits for a move of so many accesses.');
  return move | (after << CUT_SHIFT);
}

export const isThreads = (move: number): boolean => whoOf(move) !== ACCEPTOR && whoOf(move) !== FATE;

const CUT_ALL_MOVE = moveOf(ACCEPTOR, event(CUT_ALL));

const isHandlerLate = (move: number): boolean => whoOf(move) === ACCEPTOR && kindOf(codeOf(move)) === HANDLER_LATE;

/** Whether the move need not happen: a death, a client that leaves, a stop, a handler that takes too long. */
export const isFate = (move: number): boolean =>
  whoOf(move) === FATE || cutOf(move) !== 0 || move === CUT_ALL_MOVE || isHandlerLate(move);
