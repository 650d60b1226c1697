import test from 'ava';
import {
  beginsInformational,
  bytesOf,
  bytesOfAll,
  isReused,
} from '../../../src/app-adapter/request-loan/reply-bytes.ts';

const text = (chunk: string, encoding: BufferEncoding = 'utf8') => ({ chunk, encoding });
const buffer = (chunk: string) => ({ chunk: Buffer.from(chunk), encoding: 'buffer' as BufferEncoding });

test('a Buffer is passed on as it is', (t) => {
  const chunk = Buffer.from('body');
  t.is(bytesOf(chunk, 'utf8'), chunk);
  t.is(bytesOfAll([text(''), { chunk, encoding: 'utf8' }, text('')]), chunk);
});

test('strings become bytes in their own encodings', (t) => {
  t.is(
    bytesOfAll([text('gr\u00fcn ', 'latin1'), text('\u20ac '), text('616263', 'hex'), buffer('!')]).toString('latin1'),
    `gr\u00fcn ${Buffer.from('\u20ac ').toString('latin1')}abc!`,
  );
});

test('small replies use the same memory again, large ones have their own', (t) => {
  t.true(isReused(bytesOf('small', 'utf8')));
  t.true(isReused(bytesOfAll([text('a'), buffer('b')])));
  t.false(isReused(bytesOf('x'.repeat(65_536), 'utf8')));
  const large = bytesOfAll([text('head '), { chunk: Buffer.alloc(70_000, 'y'), encoding: 'utf8' }]);
  t.false(isReused(large));
  t.is(large.length, 70_005);
  t.is(large.toString('latin1', 0, 7), 'head yy');
});

test('what is just too large to be gathered in place is still whole', (t) => {
  for (const length of [21_845, 21_846, 65_535, 65_536, 65_537]) {
    const bytes = bytesOfAll([text('\u20ac'.repeat(length)), buffer('.')]);
    t.is(bytes.length, length * 3 + 1);
    t.is(bytes.toString(), `${'\u20ac'.repeat(length)}.`);
  }
});

test('nothing is nothing', (t) => {
  t.is(bytesOfAll([]).length, 0);
  t.is(bytesOfAll([text(''), buffer('')]).length, 0);
});

test('1xx but 101 is informational', (t) => {
  for (const start of ['HTTP/1.1 100 Continue\r\n', 'HTTP/1.1 103 Early Hints\r\n']) {
    t.true(beginsInformational(start));
    t.true(beginsInformational(Buffer.from(start)));
  }
  for (const start of ['HTTP/1.1 101 Switching Protocols\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1', '']) {
    t.false(beginsInformational(start));
    t.false(beginsInformational(Buffer.from(start)));
  }
});
