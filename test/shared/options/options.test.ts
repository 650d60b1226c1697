import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import test from 'ava';
import { pino } from 'pino';
import { HyperionError } from '../../../src/shared/errors/errors.ts';
import { OPTION_TABLE, type OptionRow } from '../../../src/shared/options/option-table.ts';
import {
  DEFAULT_READ_TIMEOUT_MS,
  DEFAULT_THREAD_COUNT,
  resolveOptions,
  type ServerOptions,
} from '../../../src/shared/options/options.ts';
import { defaultThreadMemory } from '../../../src/shared/machine/thread-memory.ts';

const appUrl = new URL('../../../../test/fixtures/hello.mjs', import.meta.url);
const appPath = fileURLToPath(appUrl);
const rows: readonly (readonly [string, OptionRow<unknown>])[] = Object.entries(OPTION_TABLE);

/** Options as a user without types may write them. */
const resolveLoose = (options: object) => resolveOptions({ app: appPath, ...options } as ServerOptions);

test('defaults', (t) => {
  t.deepEqual(resolveOptions({ app: appPath }), {
    app: appUrl.href,
    appLoadTimeoutMs: 30_000,
    host: '127.0.0.1',
    port: 9292,
    path: undefined,
    backlog: 1024,
    threadCount: DEFAULT_THREAD_COUNT,
    concurrencyPerThread: 1024,
    ...defaultThreadMemory(DEFAULT_THREAD_COUNT),
    recycleAfterRequests: 0,
    maxPending: 'auto',
    targetWaitMs: 500,
    maxWaitMs: 0,
    maxConnections: Infinity,
    maxConnectionsPerIp: 0,
    maxInFlightPerConnection: 0,
    readTimeoutMs: 30_000,
    maxRequestReadMs: 60_000,
    writeTimeoutMs: 10_000,
    handlerTimeoutMs: 0,
    keepAliveTimeoutMs: 5_000,
    gracefulTimeoutMs: 30_000,
    lameDuckMs: 0,
    maxHeaderBytes: 16_384,
    maxBodyBytes: 16_777_216,
    inlineBodyBytes: 65_536,
    logger: undefined,
    logLevel: 'info',
    logFormat: 'auto',
    ioUring: 'off',
    ioUringHotpath: 'off',
    tlsKtls: 'off',
  });
  t.is(DEFAULT_READ_TIMEOUT_MS, 30_000);
});

test('the result is complete, frozen, and all but the logger can be sent to a thread', (t) => {
  const resolved = resolveOptions({ app: appPath, resourceLimits: { maxOldGenerationSizeMb: 64 } });
  t.deepEqual(Object.keys(resolved), Object.keys(OPTION_TABLE));
  t.true(Object.isFrozen(resolved));
  t.true(Object.isFrozen(resolved.resourceLimits));
  const { logger, ...threadOptions } = resolved;
  t.is(logger, undefined);
  t.deepEqual(structuredClone(threadOptions), threadOptions);
});

test('undefined means the default; a polluted prototype means nothing', (t) => {
  t.is(resolveLoose({ port: undefined }).port, 9292);
  t.is(resolveLoose(Object.create({ port: 1 }) as object).port, 9292);
});

const accepts = test.macro<[keyof ServerOptions, unknown, unknown?]>({
  exec(t, option, value, expected = value) {
    t.deepEqual(resolveLoose({ [option]: value })[option], expected as never);
  },
  title: (given, option, value) => `accepted: ${option} ${given ?? String(value)}`,
});
test('a URL', accepts, 'app', appUrl, appUrl.href);
test('text of a URL', accepts, 'app', appUrl.href);
test('relative', accepts, 'app', './test/fixtures/hello.mjs', pathToFileURL('test/fixtures/hello.mjs').href);
test(accepts, 'port', 0);
test(accepts, 'port', 65_535);
test(accepts, 'host', '::');
test(accepts, 'path', '/run/hyperion.sock');
test('a thread may use its share of memory, whatever their number', (t) => {
  const [one, ten] = [1, 10].map((threadCount) => resolveOptions({ app: appPath, threadCount }));
  t.true((one?.maxThreadHeapBytes ?? 0) >= (ten?.maxThreadHeapBytes ?? Infinity));
  t.deepEqual(ten?.resourceLimits, defaultThreadMemory(10).resourceLimits);
});

test(accepts, 'threadCount', 1);
test(accepts, 'threadCount', 500);
test(accepts, 'maxPending', 0);
test(accepts, 'maxPending', Infinity);
test(accepts, 'maxPending', 'auto');
test(accepts, 'targetWaitMs', 1);
test(accepts, 'gracefulTimeoutMs', 0);
test(accepts, 'inlineBodyBytes', 0);
test(accepts, 'maxBodyBytes', 0);
test(accepts, 'maxBodyBytes', 2 ** 40);
test(accepts, 'maxHeaderBytes', 0, 1024 * 1024);
test(accepts, 'readTimeoutMs', 0);
test(accepts, 'readTimeoutMs', 2 ** 31 - 1);
test(accepts, 'ioUring', 'auto', 'off');
test(accepts, 'tlsKtls', 'off');
test(accepts, 'logLevel', 'silent');
test('options', accepts, 'logger', { level: 'debug' });
test(
  'with a part undefined',
  accepts,
  'resourceLimits',
  { stackSizeMb: 4, codeRangeSizeMb: undefined },
  { stackSizeMb: 4 },
);

test('logger: a pino instance stays itself', (t) => {
  const logger = pino({ enabled: false });
  t.is(resolveLoose({ logger }).logger, logger);
});

const refuses = test.macro<[object, string, string]>({
  exec(t, options, code, message) {
    const error = t.throws(() => resolveLoose(options), { instanceOf: HyperionError });
    t.is(error.message, message);
    t.is(error.code, `ERR_HYPERION_${code}`);
  },
  title: (_, options) => `refused: ${inspect(options)}`,
});
const expected = (option: string, what: string, got: string) =>
  `Expected the \`${option}\` option to be ${what}, got ${got}`;
const integerMs = 'an integer from 0 to 2147483647 (ms; 0 turns it off)';

test(refuses, { app: undefined }, 'OPTION_INVALID', expected('app', 'the path or file URL of a module', 'nothing'));
test(refuses, { app: '' }, 'OPTION_INVALID', expected('app', 'the path or file URL of a module', "'' (string)"));
test(
  refuses,
  { app: 'https://a.b/c.js' },
  'OPTION_INVALID',
  expected('app', 'the path or file URL of a module', "'https://a.b/c.js' (string)"),
);
test(refuses, { app: '/no/such/app.js' }, 'APP_NOT_FOUND', 'There is no app at /no/such/app.js');
test(refuses, { app: '/' }, 'APP_IS_DIRECTORY', 'Expected the app to be a file, / is a directory');
test(refuses, { port: '80' }, 'OPTION_INVALID', expected('port', 'an integer from 0 to 65535', "'80' (string)"));
test(refuses, { port: 65_536 }, 'OPTION_INVALID', expected('port', 'an integer from 0 to 65535', '65536 (number)'));
test(refuses, { port: -1 }, 'OPTION_INVALID', expected('port', 'an integer from 0 to 65535', '-1 (number)'));
test(refuses, { port: null }, 'OPTION_INVALID', expected('port', 'an integer from 0 to 65535', 'null'));
test(refuses, { host: '' }, 'OPTION_INVALID', expected('host', 'an address or host name', "'' (string)"));
test(refuses, { readTimeoutMs: 1.5 }, 'OPTION_INVALID', expected('readTimeoutMs', integerMs, '1.5 (number)'));
test(refuses, { readTimeoutMs: Infinity }, 'OPTION_INVALID', expected('readTimeoutMs', integerMs, 'Infinity (number)'));
test(
  refuses,
  { readTimeoutMs: 2 ** 31 },
  'OPTION_INVALID',
  expected('readTimeoutMs', integerMs, '2147483648 (number)'),
);
test(
  refuses,
  { maxPending: -1 },
  'OPTION_INVALID',
  expected('maxPending', "'auto', or an integer from 0 to 9007199254740991 or Infinity", '-1 (number)'),
);
test(
  refuses,
  { concurrencyPerThread: 0 },
  'OPTION_INVALID',
  expected('concurrencyPerThread', 'an integer from 1 to 65535', '0 (number)'),
);
const threads = 'an integer from 1 to 500 (the accepting thread never runs the app)';
test(refuses, { threadCount: 0 }, 'OPTION_INVALID', expected('threadCount', threads, '0 (number)'));
test(refuses, { threadCount: 501 }, 'OPTION_INVALID', expected('threadCount', threads, '501 (number)'));
test(
  refuses,
  { logFormat: 'xml' },
  'OPTION_INVALID',
  expected('logFormat', 'one of auto, json, text', "'xml' (string)"),
);
test(
  refuses,
  { logger: console.log },
  'OPTION_INVALID',
  expected('logger', 'a pino logger or an object of pino options', 'the function `log`'),
);
test(
  refuses,
  { ioUring: 'on' },
  'OPTION_UNSUPPORTED',
  expected('ioUring', "'off' or 'auto'", "'on' (string): Node has no io_uring sockets"),
);
test(
  refuses,
  { tlsKtls: true },
  'OPTION_UNSUPPORTED',
  expected('tlsKtls', "'off' or 'auto'", 'true (boolean): Node has no TLS in the kernel'),
);
test(
  refuses,
  { resourceLimits: 64 },
  'OPTION_INVALID',
  expected(
    'resourceLimits',
    'an object of maxOldGenerationSizeMb, maxYoungGenerationSizeMb, codeRangeSizeMb, stackSizeMb',
    '64 (number)',
  ),
);
test(
  refuses,
  { resourceLimits: { stackSizeMb: 0 } },
  'OPTION_INVALID',
  expected('resourceLimits.stackSizeMb', 'a number greater than 0', '0 (number)'),
);
test(refuses, { resourceLimits: { heapMb: 1 } }, 'OPTION_UNKNOWN', 'There is no `resourceLimits.heapMb` option');

test('a function as app: the reason', (t) => {
  const error = t.throws(() => resolveLoose({ app: () => {} }), { code: 'ERR_HYPERION_OPTION_APP_IS_FUNCTION' });
  t.regex(error.message, /a function cannot cross into a thread/);
});

test('options that are no object', (t) => {
  t.throws(() => resolveOptions(undefined as never), { code: 'ERR_HYPERION_OPTION_INVALID' });
});

for (const [name, row] of rows) {
  test(`table: ${name} has a kind that refuses a symbol, a meaning, a default that is valid, and the same docstring`, (t) => {
    t.throws(() => row.kind.resolve(name, Symbol('wrong')), { instanceOf: HyperionError });
    t.regex(row.meaning, /^[A-Z].*\.$/);
    if (row.default !== undefined) t.deepEqual(row.kind.resolve(name, row.default), row.default);
    const source = readFileSync(new URL('../../../../src/shared/options/option-types.ts', import.meta.url), 'utf8');
    const docstring = source.match(new RegExp(`/\\*\\* (.*) \\*/\n  ${name}\\??:`))?.[1] ?? '';
    t.true(docstring.startsWith(row.meaning), docstring);
    if (name === 'app') return;
    const said =
      row.defaultText ??
      `${typeof row.default === 'string' ? `'${row.default}'` : String(row.default)} ${row.kind.unit}`.trim();
    t.regex(docstring.slice(row.meaning.length), new RegExp(`^ Default:? ${said.replaceAll(/[.()]/g, '\\$&')}\\.$`));
  });
}
