import test from 'ava';
import {
  CONNECTION_CLOSE,
  CONNECTION_KEEP_ALIVE,
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_DOUBTFUL,
  FIELD_HOST,
  FIELD_ORDINARY,
  METHOD_BYTES,
  TARGET_BYTES,
  TOKEN_BYTES,
  VALUE_BYTES,
  isPlainHost,
  readConnection,
  readContentLength,
  recogniseField,
} from '../../src/shared/grammar.ts';

/** The text between two bytes that would be taken too, if the reader went too far. */
const read = <T>(reader: (bytes: Uint8Array, from: number, to: number) => T, text: string): T =>
  reader(Buffer.from(`1${text}1`, 'latin1'), 1, 1 + text.length);

const members = (table: Uint8Array): string =>
  Array.from(table, (isMember, byte) => (isMember === 1 ? String.fromCharCode(byte) : '')).join('');

test('the classes hold exactly what RFC 9110 names, less what only some parsers take', (t) => {
  t.is(members(METHOD_BYTES), '-ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  t.is(TARGET_BYTES.length, 256);
  t.deepEqual(
    [members(TARGET_BYTES).at(0), members(TARGET_BYTES).at(-1), members(TARGET_BYTES).length],
    ['!', '~', 94],
  );
  t.is(members(TOKEN_BYTES), "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  const values = members(VALUE_BYTES);
  t.is(values.length, 256 - 32 - 1 + 1);
  t.notRegex(values, /[\0-\x08\x0a-\x1f\x7f]/);
});

const field = test.macro<[string, number]>({
  exec(t, name, expected) {
    t.is(read(recogniseField, name), expected);
    t.is(read(recogniseField, name.toUpperCase()), expected);
    t.is(read(recogniseField, name.slice(0, -1)), FIELD_ORDINARY);
    t.is(read(recogniseField, `${name}x`), FIELD_ORDINARY);
    // Each byte must count.
    for (let at = 0; at < name.length; at++) {
      t.is(read(recogniseField, `${name.slice(0, at)}~${name.slice(at + 1)}`), FIELD_ORDINARY);
    }
  },
  title: (_, name) => `field ${name}`,
});

test(field, 'Host', FIELD_HOST);
test(field, 'Content-Length', FIELD_CONTENT_LENGTH);
test(field, 'Connection', FIELD_CONNECTION);
test(field, 'Transfer-Encoding', FIELD_DOUBTFUL);
test(field, 'Upgrade', FIELD_DOUBTFUL);
test(field, 'Expect', FIELD_DOUBTFUL);
test(field, 'TE', FIELD_DOUBTFUL);
test(field, 'Trailer', FIELD_DOUBTFUL);
test(field, 'HTTP2-Settings', FIELD_DOUBTFUL);
test(field, 'Keep-Alive', FIELD_DOUBTFUL);
test(field, 'Proxy-Connection', FIELD_DOUBTFUL);
test(field, 'Accept', FIELD_ORDINARY);
test(field, 'User-Agent', FIELD_ORDINARY);

const length = test.macro<[string, number]>({
  exec: (t, value, expected) => t.is(read(readContentLength, value), expected),
  title: (_, value, expected) => `content-length ${JSON.stringify(value)} is ${expected}`,
});

test(length, '0', 0);
test(length, ' 11', 11);
test(length, '   007  ', 7);
test(length, '123456789012345', 123_456_789_012_345);
test(length, '999999999999999', 999_999_999_999_999);
test(length, '1234567890123456', -1);
test(length, '0000000000000001', -1);
test(length, '', -1);
test(length, '   ', -1);
test(length, '\t3', -1);
test(length, '3\t', -1);
test(length, '3 3', -1);
test(length, '3,3', -1);
test(length, '+3', -1);
test(length, '-3', -1);
test(length, '0x3', -1);
test(length, '3:', -1);
test(length, '3/', -1);

const connection = test.macro<[string, number]>({
  exec: (t, value, expected) => t.is(read(readConnection, value), expected),
  title: (_, value, expected) => `connection ${JSON.stringify(value)} is ${expected}`,
});

test(connection, 'close', CONNECTION_CLOSE);
test(connection, '  ClOsE ', CONNECTION_CLOSE);
test(connection, 'keep-alive', CONNECTION_KEEP_ALIVE);
test(connection, ' Keep-Alive', CONNECTION_KEEP_ALIVE);
test(connection, '', -1);
test(connection, 'close\t', -1);
test(connection, '\tclose', -1);
test(connection, 'clos', -1);
test(connection, 'closed', -1);
test(connection, 'close, keep-alive', -1);
test(connection, 'close,', -1);
test(connection, 'keep\ralive', -1);
test(connection, 'upgrade', -1);

const host = test.macro<[string, boolean]>({
  exec: (t, value, expected) => t.is(read(isPlainHost, value), expected),
  title: (_, value, expected) => `host ${JSON.stringify(value)} is ${expected ? '' : 'not '}plain`,
});

test(host, 'a', true);
test(host, '  example.com  ', true);
test(host, 'A-b_c~1.example:65535', true);
test(host, '127.0.0.1:80', true);
test(host, '[::1]', true);
test(host, '[2001:db8::FF:1.2.3.4]:8080', true);
test(host, '', false);
test(host, '  ', false);
test(host, 'a:', false);
test(host, ':80', false);
test(host, 'a:123456', false);
test(host, 'a:8o', false);
test(host, 'a:1:2', false);
test(host, 'a b', false);
test(host, 'a\t', false);
test(host, '\ta', false);
test(host, 'a,b', false);
test(host, 'a/b', false);
test(host, 'u@a', false);
test(host, 'a%41', false);
test(host, '\xe9', false);
test(host, '[::1', false);
test(host, '[]', false);
test(host, '[', false);
test(host, '::1]', false);
test(host, '[::1]a', false);
test(host, '[::1%25eth0]', false);
test(host, '[g]', false);
