/**
 * Who is admitted. Pure: numbers in, an answer out.
 */

/**
 * Whether one more request must be refused: the waiting ones, without those that a ready thread is
 * about to take, already are as many as may wait. So `maxPending` 0 serves what a thread is free
 * for, and a burst of `maxPending` + ready threads is admitted.
 */
export const mustRefuse = (pending: number, readyThreads: number, maxPending: number): boolean =>
  pending - readyThreads >= maxPending;
