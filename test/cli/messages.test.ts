import test from 'ava';
import { exitCodeOf, explain } from '../../src/cli/messages.ts';
import { createError, createListenError } from '../../src/shared/errors/errors.ts';

test('an error of ours is one line and says where it came from', (t) => {
  const error = createError('OPTION_INVALID', { option: 'port', expected: 'a port', got: 'x' });
  t.is(explain(error, 'PORT'), "hyperion: Expected the `port` option to be a port, got 'x' (string) (from PORT)");
  t.is(explain(error, undefined), "hyperion: Expected the `port` option to be a port, got 'x' (string)");
  t.is(
    explain(createError('USAGE_MISSING_VALUE', { flag: '-p' }), undefined),
    'hyperion: -p needs a value (hyperion --help lists all flags)',
  );
});

test("an app's own error keeps its stack and its cause, and nothing is added", (t) => {
  const error = new TypeError('no database', { cause: new Error('refused') });
  const said = explain(error, undefined);
  t.true(said.startsWith('TypeError: no database\n    at '));
  t.regex(said, /\n\[cause\]: Error: refused\n {4}at /);
  t.is(explain('thrown text', undefined), "'thrown text'");
});

test('an error from a thread is called by its name', (t) => {
  const error = Object.defineProperty(new Error('x'), 'name', { value: 'TypeError' });
  error.stack = 'TypeError: x\n    at app.js:1:1';
  t.is(explain(error, undefined), 'TypeError: x\n    at app.js:1:1');
});

test('exit codes', (t) => {
  t.is(exitCodeOf(createError('USAGE_NO_APP', {})), 2);
  t.is(exitCodeOf(createError('OPTION_NOT_YET', { option: 'tls' })), 2);
  t.is(exitCodeOf(createError('CONFIG_NOT_FOUND', { path: 'x' })), 2);
  t.is(exitCodeOf(createError('APP_NOT_FOUND', { path: 'x' })), 1);
  t.is(exitCodeOf(createListenError(new Error('x'), { host: 'x', port: 1, path: undefined })), 1);
  t.is(exitCodeOf(new Error("the app's")), 1);
});
