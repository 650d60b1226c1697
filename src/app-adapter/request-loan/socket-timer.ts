/**
 * The timer behind `socket.setTimeout()` of a request loan, with the rules of `net.Socket`: it does
 * not keep the thread alive, every write refreshes it, and 0 turns it off.
 */
import type { Duplex } from 'node:stream';

/** The longest time a timer can run; node cuts longer ones to it. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const invalid = <E extends Error>(error: E, code: string): E => Object.assign(error, { code });

const durationOf = (timeoutMs: unknown): number => {
  if (typeof timeoutMs !== 'number') {
    throw invalid(
      new TypeError(`The "msecs" argument must be of type number. Received ${typeof timeoutMs}`),
      'ERR_INVALID_ARG_TYPE',
    );
  }
  if (timeoutMs < 0 || !Number.isFinite(timeoutMs)) {
    throw invalid(
      new RangeError(
        `The value of "msecs" is out of range. It must be a non-negative finite number. Received ${timeoutMs}`,
      ),
      'ERR_OUT_OF_RANGE',
    );
  }
  return Math.min(timeoutMs, MAX_TIMER_MS);
};

const checkListener = (listener: unknown): void => {
  if (typeof listener === 'function') return;
  throw invalid(
    new TypeError(`The "callback" argument must be of type function. Received ${typeof listener}`),
    'ERR_INVALID_ARG_TYPE',
  );
};

const emitTimeout = (stream: Duplex): void => {
  stream.emit('timeout');
};

export class SocketTimer {
  readonly #stream: Duplex;
  #timeout: NodeJS.Timeout | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** `isRunning` false only checks the arguments: the socket's time is over. */
  set(timeoutMs: number, listener: (() => void) | undefined, isRunning: boolean): void {
    const duration = durationOf(timeoutMs);
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    if (listener !== undefined) checkListener(listener);
    if (duration === 0) {
      if (listener !== undefined) this.#stream.removeListener('timeout', listener);
      return;
    }
    if (isRunning) this.#timeout = setTimeout(emitTimeout, duration, this.#stream).unref();
    if (listener !== undefined) this.#stream.once('timeout', listener);
  }

  refresh(): void {
    this.#timeout?.refresh();
  }

  clear(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }
}
