/** What can happen to an actor between two runs of its code, as numbers: kind and up to two small arguments. */

const KIND_BITS = 4;
const ARGUMENT_BITS = 4;

/** To the acceptor: (client, descriptor) connects. */
export const ACCEPT = 1;
/** (client, nth) has come; READ_TWO: and the one after it, in one read. */
export const READ = 2;
export const READ_TWO = 3;
/** Both: the bell is heard. */
export const BELL = 4;
/** (client) has sent its FIN, is reset. */
export const END = 5;
export const RESET = 6;
/** The socket of (client) says 'close'; its write is flushed. */
export const CLOSED = 7;
export const FLUSHED = 8;
/** The thread of (line) has exited, is ready. */
export const EXIT = 9;
export const READY_MESSAGE = 10;
/** A timer runs out. */
export const RING_AGAIN = 11;
/** The drain's time is up. */
export const CUT_ALL = 12;
/** The handler that has the request of (client) has had its time. */
export const HANDLER_LATE = 13;

/** To a thread: it starts. */
export const START = 1;
/** Its first immediate. */
export const IMMEDIATE = 2;
/** The app goes on with its (nth) request. */
export const ANSWER = 3;
/** The acceptor's message (packed) comes. */
export const MESSAGE = 5;

export const event = (kind: number, first = 0, second = 0): number =>
  kind | (first << KIND_BITS) | (second << (KIND_BITS + ARGUMENT_BITS));

export const kindOf = (code: number): number => code & ((1 << KIND_BITS) - 1);

export const firstOf = (code: number): number => (code >> KIND_BITS) & ((1 << ARGUMENT_BITS) - 1);

export const secondOf = (code: number): number => code >> (KIND_BITS + ARGUMENT_BITS);

/** What a message says of a loan: that its client has left, and how, or that it was taken back. */
const SAYINGS = ['end', 'reset', 'revoked'] as const;
export type Saying = (typeof SAYINGS)[number];

/** A message as one number, never 0. */
export const packMessage = (slot: number, generation: number, saying: Saying): number =>
  1 + ((generation << 4) | (slot << 2) | SAYINGS.indexOf(saying));

export const slotOfMessage = (message: number): number => ((message - 1) >> 2) & 3;
export const generationOfMessage = (message: number): number => (message - 1) >> 4;
export const sayingOfMessage = (message: number): Saying => SAYINGS[(message - 1) & 3] ?? 'end';

export const messageEvent = (message: number): number => MESSAGE | (message << KIND_BITS);
export const messageOf = (code: number): number => code >> KIND_BITS;
