/** Small things that many scenarios say. */
import type { Exchange } from '../scenario.ts';

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
};

/** Runs something that may throw, and logs what it threw. */
export const attempt = (exchange: Exchange, what: string, run: () => unknown): void => {
  try {
    exchange.log(`${what}: ${String(run())}`);
  } catch (error) {
    exchange.log(`${what} throws ${codeOf(error)}`);
  }
};

/** A callback that logs that it was called, and with which error. */
export const called =
  (exchange: Exchange, what: string) =>
  (error?: Error | null): void => {
    exchange.log(`${what} called ${error ? codeOf(error) : 'well'}`);
  };

export { codeOf };
