import test from 'ava';
import { readEnvironment, type Environment } from '../../src/cli/environment.ts';
import { fromConfig, sourceOf, toOptions, type Given } from '../../src/cli/given.ts';
import { createError } from '../../src/shared/errors/errors.ts';

const reads = test.macro<[Environment, object]>({
  exec: (t, env, options) => t.deepEqual(toOptions(readEnvironment(env)), options),
  title: (_, env) => `environment ${JSON.stringify(env)}`,
});

test(reads, {}, {});
test(reads, { HYPERION_READ_TIMEOUT_MS: '5' }, { readTimeoutMs: 5 });
test(reads, { HYPERION_THREAD_COUNT: '3', HYPERION_LOG_LEVEL: 'warn' }, { threadCount: 3, logLevel: 'warn' });
test(reads, { HYPERION_RESOURCE_LIMITS: '{"stackSizeMb":2}' }, { resourceLimits: { stackSizeMb: 2 } });
test(reads, { PORT: '8080', HOST: '0.0.0.0' }, { port: 8080, host: '0.0.0.0' });
test(reads, { PORT: '8080', HYPERION_PORT: '9090' }, { port: 9090 });
test(reads, { PORT: '', HYPERION_HOST: '' }, {});
test(reads, { PORT: 'x' }, { port: 'x' });
test(reads, { HYPERION_LONG: '1', HYPERION_APP: 'x', HYPERION_LOGGER: '{}', READ_TIMEOUT_MS: '1' }, {});

const given: readonly Given[] = [
  ...fromConfig({ port: 1, maxPending: 2, backlog: 3 }, 'hyperion.config.js'),
  ...readEnvironment({ HYPERION_PORT: '4', PORT: '5', HYPERION_MAX_PENDING: '6' }),
  { option: 'port', value: 7, source: '-p' },
];

test('flag before environment before file', (t) => {
  t.deepEqual(toOptions(given), { port: 7, maxPending: 6, backlog: 3 });
});

const sources = test.macro<[string, string | undefined]>({
  exec(t, option, source) {
    t.is(sourceOf(createError('OPTION_INVALID', { option, expected: '', got: '' }), given), source);
  },
  title: (_, option, source) => `a wrong ${option} came from ${source}`,
});
test(sources, 'port', '-p');
test(sources, 'maxPending', 'HYPERION_MAX_PENDING');
test(sources, 'backlog', 'hyperion.config.js');
test(sources, 'backlog.inside', 'hyperion.config.js');
test(sources, 'host', undefined);

test('an error without an option came from nowhere', (t) => {
  t.is(sourceOf(new Error('x'), given), undefined);
  t.is(sourceOf(createError('USAGE_NO_APP', {}), given), undefined);
});
