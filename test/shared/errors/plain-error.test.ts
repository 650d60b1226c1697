import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import test from 'ava';
import { createError, HyperionError, ListenError, OptionError } from '../../../src/shared/errors/errors.ts';
import type { PlainError } from '../../../src/shared/messages.ts';
import { reviveError, toPlainError } from '../../../src/shared/errors/plain-error.ts';

/** Through a real port, as between threads. */
const cross = (thrown: unknown): Error => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(toPlainError(thrown));
  const received = receiveMessageOnPort(port2) as { message: PlainError };
  port1.close();
  return reviveError(received.message);
};

test("an app's own error keeps name, message, stack and code", (t) => {
  class DatabaseError extends Error {
    override name = 'DatabaseError';
    readonly code = 'ECONNREFUSED';
    /** No clone has it. */
    readonly retry = (): void => {};
  }
  const thrown = new DatabaseError('no database');
  const error = cross(thrown);
  t.true(error instanceof Error);
  t.is(error.name, 'DatabaseError');
  t.is(error.message, 'no database');
  t.is(error.stack, thrown.stack);
  t.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  t.is(String(error), 'DatabaseError: no database');
});

test('an error of ours gets its class and details back', (t) => {
  const error = cross(createError('OPTION_INVALID', { option: 'port', expected: 'a port', got: 'abc' }));
  t.true(error instanceof OptionError);
  t.is((error as HyperionError).code, 'ERR_HYPERION_OPTION_INVALID');
  t.deepEqual({ ...(error as HyperionError).details }, { option: 'port', expected: 'a port', got: 'abc' });
  t.is(error.name, 'OptionError');
  const other = cross(createError('LISTEN_PORT_IN_USE', { host: '127.0.0.1', port: 1 }));
  t.true(other instanceof ListenError);
});

test('what is not an error becomes one that says so', (t) => {
  for (const [thrown, text] of [
    ['a string', 'a string'],
    [undefined, 'undefined'],
    [{ code: 'X' }, '[object Object]'],
  ] as const) {
    const error = cross(thrown);
    t.true(error instanceof Error);
    t.is(error.message, `The app threw ${text}`);
  }
});

test('a code that is no string stays behind', (t) => {
  t.is((cross(Object.assign(new Error('odd'), { code: 42 })) as NodeJS.ErrnoException).code, undefined);
});

test('a stack that the error does not have is not made up', (t) => {
  const thrown = new TypeError('bare');
  delete thrown.stack;
  const error = cross(thrown);
  t.is(error.stack, undefined);
  t.is(error.name, 'TypeError');
});
