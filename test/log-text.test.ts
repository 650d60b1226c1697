import test from 'ava';
import { formatText } from '../src/log-text.ts';

const ts = '2026-04-26T18:40:04.112Z';
const record = { level: 'info', ts, source: 'hyperion' };

const formats = test.macro<[object, string]>({
  exec: (t, fields, line) => t.is(formatText({ ...record, ...fields }, false), `${ts} INFO  [hyperion] ${line}\n`),
  title: (title) => `text: ${title}`,
});

test(
  'the access line of the format',
  formats,
  {
    method: 'GET',
    path: '/api/v1/health',
    status: 200,
    duration_ms: 46.63,
    remote_addr: '127.0.0.1',
    http_version: 'HTTP/1.1',
    message: 'request',
  },
  'message=request method=GET path=/api/v1/health status=200 duration_ms=46.63 remote_addr=127.0.0.1 http_version=HTTP/1.1',
);
test('nothing known is nil', formats, { message: 'x', remote_addr: null }, 'message=x remote_addr=nil');
test(
  'quotes where a value holds a space, a quote, = or nothing',
  formats,
  { a: 'b c', d: 'e"f', g: 'h=i', j: '' },
  String.raw`a="b c" d="e\"f" g="h=i" j=""`,
);
test(
  'a value cannot begin a line of its own',
  formats,
  { path: '/\r\n2026 INFO [hyperion]', x: '\u001B[2J' },
  String.raw`path="/\r\n2026 INFO [hyperion]" x="\u001b[2J"`,
);
test('numbers, booleans and objects', formats, { a: 1, b: true, c: { d: [1] } }, 'a=1 b=true c={"d":[1]}');

test('an error: its message in the line, its stack below', (t) => {
  const err = { type: 'TypeError', message: 'x is not', stack: 'TypeError: x is not\n    at f' };
  t.is(
    formatText({ ...record, level: 'error', err, message: 'app failed' }, false),
    `${ts} ERROR [hyperion] message="app failed" err="x is not"\n    TypeError: x is not\n        at f\n`,
  );
});

test('colours the label alone', (t) => {
  t.is(
    formatText({ ...record, level: 'warn', message: 'm' }, true),
    `${ts} \u001B[33mWARN \u001B[0m [hyperion] message=m\n`,
  );
});
