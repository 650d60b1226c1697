import test, { type ExecutionContext } from 'ava';
import { describeValue, ERROR_TABLE } from '../../../src/shared/errors/error-table.ts';
import {
  AppError,
  createError,
  createListenError,
  HyperionError,
  ListenError,
  OptionError,
  type ErrorName,
} from '../../../src/shared/errors/errors.ts';

/** Answers every question of a message with the question itself, so that each detail must show up. */
function askingDetails(): { details: Record<string, unknown>; asked: Set<string> } {
  const asked = new Set<string>();
  const details = new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, key) => {
        asked.add(String(key));
        return key === 'paths' ? ['<paths>'] : `<${String(key)}>`;
      },
    },
  );
  return { details, asked };
}

for (const name of Object.keys(ERROR_TABLE) as ErrorName[]) {
  test(`${name}: code, class and a message of one line that uses all its details`, (t) => {
    const { details, asked } = askingDetails();
    const toMessage = ERROR_TABLE[name] as (details: object) => string;
    const message = toMessage(details);
    t.regex(message, /^[A-Z<`]/, 'begins like a sentence');
    t.notRegex(message, /\n|\.$/, 'one line, no full stop (texts are joined)');
    for (const key of asked) t.true(message.includes(`<${key}>`), `says ${key}`);

    const error = createError(name, { paths: [], path: '' } as never);
    t.true(error instanceof HyperionError);
    t.not(error.constructor, HyperionError, 'a class of its own');
    t.is(error.code, `ERR_HYPERION_${name}`);
    t.is(error.name, error.constructor.name);
    t.is(error.name.toUpperCase(), `${name.slice(0, name.indexOf('_'))}ERROR`);
  });
}

test('details and cause are kept apart', (t) => {
  const cause = new Error('why');
  const error = createError('APP_NOT_FOUND', { path: '/srv/app.js', cause });
  t.true(error instanceof AppError);
  t.is(error.message, 'There is no app at /srv/app.js');
  t.is(error.cause, cause);
  t.deepEqual(error.details, { path: '/srv/app.js' });
  t.false('cause' in createError('APP_NOT_FOUND', { path: '' }));
});

test('an app known by its file URL is named by its path', (t) => {
  t.is(createError('APP_NOT_FOUND', { path: 'file:///srv/my%20app.js' }).message, 'There is no app at /srv/my app.js');
});

test('an option error says expected and got', (t) => {
  const error = createError('OPTION_INVALID', { option: 'port', expected: 'an integer', got: 'abc' });
  t.true(error instanceof OptionError);
  t.is(error.message, "Expected the `port` option to be an integer, got 'abc' (string)");
  t.deepEqual(error.details, { option: 'port', expected: 'an integer', got: 'abc' });
});

test('an error can be sent to another thread, whatever the user gave', (t) => {
  for (const got of [() => {}, Symbol('x'), { close: () => {} }]) {
    const { details } = createError('OPTION_INVALID', { option: 'x', expected: 'y', got });
    t.deepEqual(structuredClone(details), { option: 'x', expected: 'y', got: describeValue(got) });
  }
});

const describes = test.macro({
  exec: (t: ExecutionContext, value: unknown, expected: string) => t.is(describeValue(value), expected),
  title: (_, value: unknown, expected: string) => `describeValue: ${expected} of a ${typeof value}`,
});
test(describes, undefined, 'nothing');
test(describes, null, 'null');
test(describes, 5, '5 (number)');
test(describes, NaN, 'NaN (number)');
test(describes, 'a\nb', "'a\\nb' (string)");
test(describes, [1, 2], '[ 1, 2 ] (array)');
test(describes, { a: 1 }, '{ a: 1 } (object)');
test(describes, () => 1, 'a function');
test(describes, describeValue, 'the function `describeValue`');

test('describeValue: a long value is cut', (t) => {
  t.true(describeValue('x'.repeat(10_000)).length < 200);
  t.true(describeValue(Array.from({ length: 90 }, () => 'abc')).length < 200);
});

const onPort = { host: '127.0.0.1', port: 80, path: undefined };
const onPath = { ...onPort, path: '/run/app.sock' };
const listens = test.macro({
  exec(t, code: string, target: typeof onPort | typeof onPath, name: string, says: string) {
    const cause = Object.assign(new Error('listen failed'), { code });
    const error = createListenError(cause, target);
    t.true(error instanceof ListenError);
    t.is(error.code, `ERR_HYPERION_LISTEN_${name}`);
    t.true(error.message.includes(says), error.message);
    t.is(error.cause, cause);
  },
  title: (_, code, __, name) => `listen error ${code}: ${name}`,
});
test(listens, 'EADDRINUSE', onPort, 'PORT_IN_USE', 'Port 80 on 127.0.0.1 is in use');
test(listens, 'EADDRINUSE', onPath, 'PATH_IN_USE', '/run/app.sock');
test(listens, 'EACCES', onPort, 'PORT_NOT_PERMITTED', 'port 80 of 127.0.0.1');
test(listens, 'EACCES', onPath, 'PATH_NOT_PERMITTED', '/run/app.sock');
test(listens, 'EADDRNOTAVAIL', onPort, 'HOST_UNAVAILABLE', '127.0.0.1');
test(listens, 'ENOTFOUND', onPort, 'HOST_UNAVAILABLE', '127.0.0.1');
test(listens, 'EMFILE', onPort, 'FAILED', '127.0.0.1:80: listen failed');
test(listens, 'EINVAL', onPath, 'FAILED', '/run/app.sock: listen failed');
