/**
 * Errors across threads: a structured clone keeps neither an error's class nor its code, so both
 * are sent beside it and put back.
 */
import { HyperionError, reviveHyperionError } from './errors.ts';
import type { PlainError } from '../messages.ts';

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) {
    return {
      name: 'Error',
      message: `The app threw ${String(error)}`,
      stack: undefined,
      code: undefined,
      details: undefined,
    };
  }
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  const details = error instanceof HyperionError ? error.details : undefined;
  return { name, message, stack, code: typeof code === 'string' ? code : undefined, details };
}

/** An error of ours gets its class back; any other its name, message, stack and code. */
export function reviveError({ name, message, stack, code, details }: PlainError): Error {
  const ours = code === undefined ? undefined : reviveHyperionError(code, message, details ?? {});
  if (ours !== undefined) return ours;
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  if (code !== undefined) Object.assign(error, { code });
  return error;
}
