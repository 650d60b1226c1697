import test from 'ava';
import { nearest, unknownOption } from '../../../src/shared/options/option-hints.ts';
import { OPTION_TABLE } from '../../../src/shared/options/option-table.ts';

const names = Object.keys(OPTION_TABLE);

const says = test.macro<[string, string]>({
  exec: (t, option, message) => t.is(unknownOption(option, names).message, message),
  title: (_, option) => `option ${option}`,
});

test(says, 'threadcount', 'There is no `threadcount` option: did you mean `threadCount`?');
test(says, 'max_pending', 'There is no `max_pending` option: did you mean `maxPending`?');
test(says, 'max-pendng', 'There is no `max-pendng` option: did you mean `maxPending`?');
test(says, 'prot', 'There is no `prot` option: did you mean `port`?');
test(says, 'thread_count', 'There is no `thread_count` option: did you mean `threadCount`?');
test(says, 'io_uring', 'There is no `io_uring` option: did you mean `ioUring`?');
test(says, 'max_header_bytes', 'There is no `max_header_bytes` option: did you mean `maxHeaderBytes`?');
test(says, 'somethingElse', 'There is no `somethingElse` option');
test(says, 'constructor', 'There is no `constructor` option');
test(says, '__proto__', 'There is no `__proto__` option');

test(
  says,
  'workers',
  'There is no `workers` option: there is one process, and `threadCount` says how many threads it has',
);
test(says, 'read_timeout', 'There is no `read_timeout` option: use `readTimeoutMs` (milliseconds)');
test(
  says,
  'max_request_read_seconds',
  'There is no `max_request_read_seconds` option: use `maxRequestReadMs` (milliseconds)',
);
test(says, 'idle_keepalive', 'There is no `idle_keepalive` option: use `keepAliveTimeoutMs` (milliseconds)');
test(says, 'graceful_timeout', 'There is no `graceful_timeout` option: use `gracefulTimeoutMs` (milliseconds)');
test(
  says,
  'async_io',
  'There is no `async_io` option: Node is always asynchronous; `concurrencyPerThread` bounds the requests that share a thread',
);
test(
  says,
  'accept_fibers_per_worker',
  'There is no `accept_fibers_per_worker` option: one thread accepts all connections; `backlog` bounds those that the system holds',
);

// What the Ruby server's constructor takes and this one does not yet.
const notYet =
  'tls h2 admin ' +
  'staticDirs logRequests h2_settings h2_max_total_streams ' +
  'admin_listener_port admin_listener_host admin_token tls_session_cache_size tls_handshake_rate_limit ' +
  'preload_static_dirs';
for (const option of notYet.split(' ')) {
  test(says, option, `The \`${option}\` option does not exist yet`);
}

test('every option of the Ruby constructor is an option, or has an answer of its own', (t) => {
  const seed =
    'app host port read_timeout tls thread_count max_pending max_request_read_seconds h2_settings async_io runtime ' +
    'accept_fibers_per_worker h2_max_total_streams admin_listener_port admin_listener_host admin_token ' +
    'tls_session_cache_size tls_ktls io_uring io_uring_hotpath max_in_flight_per_conn tls_handshake_rate_limit ' +
    'route_table preload_static_dirs';
  for (const option of seed.split(' ').filter((name) => !names.includes(name))) {
    t.not(unknownOption(option, names).message, `There is no \`${option}\` option`);
  }
});

test('every replacement names options that exist', (t) => {
  for (const option of ['workers', 'bind', 'timeout', 'concurrency', 'runtime', 'logging', 'maxHeaderSize', 'socket']) {
    const { message } = unknownOption(option, names);
    for (const [, named] of message.matchAll(/`(\w+)`/g))
      t.true(named === option || names.includes(named ?? ''), message);
  }
});

test('nearest: a third of the letters, and the best', (t) => {
  t.is(nearest('maxBodyByte', names), 'maxBodyBytes');
  t.is(nearest('hots', ['host', 'port']), 'host');
  t.is(nearest('hxyt', ['host', 'port']), undefined);
  t.is(nearest('hst', ['host', 'port']), 'host');
  t.is(nearest('', names), undefined);
});
