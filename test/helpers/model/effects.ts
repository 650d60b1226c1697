/** What an actor's code tells others at once: kinds of the effects on a tape. */

/** A thread reads an entry that is being written. */
export const TORN = 1;
/** A thread runs request (client, nth), claimed from (slot). */
export const RUN = 2;
/** A thread is ready. */
export const READY = 3;
/** The acceptor tells the thread (line) that a client has left: (packed message). */
export const TELL = 4;
/** The acceptor has settled the loans of (line): it is given out again. */
export const SETTLED = 5;
/** A connection of (client) got (slot), or is forgotten (-1). */
export const SLOT_OF = 6;
/** The code did what it never may: (number of the complaint). */
export const COMPLAINT = 7;
