import test from 'ava';
import { parseArguments, type Command } from '../../src/cli/parse-arguments.ts';
import { HyperionError } from '../../src/shared/errors/errors.ts';

const gives = test.macro<[string[], Record<string, unknown>]>({
  exec(t, args, options) {
    const { given } = parseArguments(args);
    t.deepEqual(Object.fromEntries(given.map(({ option, value }) => [option, value])), options);
  },
  title: (_, args) => `hyperion ${args.join(' ')}`,
});

test(gives, ['app.js'], { app: 'app.js' });
test(gives, ['-p', '80', 'app.js', '-t', '4'], { port: 80, app: 'app.js', threadCount: 4 });
test(gives, ['-p80', '--threads=4'], { port: 80, threadCount: 4 });
test(gives, ['--read-timeout-ms', '5', '--max-pending', 'Infinity'], { readTimeoutMs: 5, maxPending: Infinity });
test(gives, ['--port', '-1'], { port: -1 });
test(gives, ['--port', 'eighty'], { port: 'eighty' });
test(gives, ['--port=1', '--port=2'], { port: 2 });
test(gives, ['--log-format', 'json', '--host', '::1'], { logFormat: 'json', host: '::1' });
test(gives, ['--resource-limits', '{"stackSizeMb":8}'], { resourceLimits: { stackSizeMb: 8 } });
test(gives, ['--resource-limits', '{'], { resourceLimits: '{' });
test(gives, ['--', '--odd-name.js'], { app: '--odd-name.js' });

test('the source is the flag as it was written', (t) => {
  const { given } = parseArguments(['-p', '1', '--host', 'x', 'app.js']);
  t.deepEqual(
    given.map(({ source }) => source),
    ['-p', '--host', 'the command line'],
  );
});

test('--watch goes with serving', (t) => {
  t.false(parseArguments(['app.js']).watch);
  t.like(parseArguments(['app.js', '--watch']), { watch: true, command: 'serve' });
});

const commands = test.macro<[string[], Command]>({
  exec: (t, args, command) => t.is(parseArguments(args).command, command),
  title: (_, args, command) => `command of ${JSON.stringify(args)}: ${command}`,
});
test(commands, [], 'serve');
test(commands, ['-h'], 'help');
test(commands, ['--check-config', '--help'], 'help');
test(commands, ['-v'], 'version');
test(commands, ['--check-config', 'app.js'], 'check-config');
test(commands, ['app.js', '--print-config'], 'print-config');

test('--config', (t) => {
  t.is(parseArguments(['-C', 'a.json']).configPath, 'a.json');
  t.is(parseArguments(['--config=b.js']).configPath, 'b.js');
  t.is(parseArguments([]).configPath, undefined);
});

const refuses = test.macro<[string[], string, string]>({
  exec(t, args, code, message) {
    const error = t.throws(() => parseArguments(args), { instanceOf: HyperionError });
    t.is(error.code, `ERR_HYPERION_${code}`);
    t.is(error.message, message);
  },
  title: (_, args) => `refused: ${args.join(' ')}`,
});
test(refuses, ['--prot', '80'], 'USAGE_UNKNOWN_FLAG', 'There is no --prot flag: did you mean --port?');
test(refuses, ['--thread', '2'], 'USAGE_UNKNOWN_FLAG', 'There is no --thread flag: did you mean --threads?');
test(refuses, ['--constructor'], 'USAGE_UNKNOWN_FLAG', 'There is no --constructor flag');
test(refuses, ['-x'], 'USAGE_UNKNOWN_FLAG', 'There is no -x flag');
test(refuses, ['--tls-cert', 'x'], 'OPTION_NOT_YET', 'The `tls-cert` option does not exist yet');
test(refuses, ['-w', '2', '--workers', '2'], 'USAGE_UNKNOWN_FLAG', 'There is no -w flag');
test(
  refuses,
  ['--graceful-timeout', '30'],
  'OPTION_REPLACED',
  'There is no `graceful-timeout` option: use `gracefulTimeoutMs` (milliseconds)',
);
test(refuses, ['--port'], 'USAGE_MISSING_VALUE', '--port needs a value');
test(refuses, ['--port='], 'USAGE_MISSING_VALUE', '--port needs a value');
test(refuses, ['--host', '--port', '80'], 'USAGE_MISSING_VALUE', '--host needs a value');
test(refuses, ['--import'], 'USAGE_MISSING_VALUE', '--import needs a value');
test(refuses, ['--help=yes'], 'USAGE_UNEXPECTED_VALUE', '--help takes no value');
test(refuses, ['a.js', 'b.js'], 'USAGE_EXTRA_ARGUMENT', 'Expected one app, got b.js after a.js');
