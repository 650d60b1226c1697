/**
 * `maxPending` where it is 'auto': the numbers that both the memory's layout and the measuring
 * acceptor go by.
 */

/** As many may wait until the threads' rate is known; the ring has room for them. */
export const UNMEASURED_MAX_PENDING = 1024;

/**
 * Never more, however fast the threads are. As many as the largest ring holds; those beyond the
 * ring's own size wait in the acceptor's list, so that a quiet server touches little memory.
 */
export const MOST_AUTO_PENDING = 32_768;
