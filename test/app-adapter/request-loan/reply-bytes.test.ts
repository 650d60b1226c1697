import test from 'ava';
import {
  type Chunk,
  beginsInformational,
  bytesOf,
  bytesOfPiece,
  endOfPiece,
  isReused,
} from '../../../src/app-adapter/request-loan/reply-bytes.ts';

const text = (chunk: string, encoding: BufferEncoding = 'utf8') => ({ chunk, encoding });
const buffer = (chunk: string) => ({ chunk: Buffer.from(chunk), encoding: 'buffer' as BufferEncoding });

/** What is written of these chunks, call by call. */
const piecesOf = (chunks: readonly Chunk[]): string[] => {
  const pieces: string[] = [];
  for (let from = 0; from < chunks.length;) {
    const end = endOfPiece(chunks, from);
    pieces.push(bytesOfPiece(chunks, from, end).toString('latin1'));
    from = end;
  }
  return pieces;
};

test('a Buffer is passed on as it is', (t) => {
  const chunk = Buffer.from('body');
  t.is(bytesOf(chunk, 'utf8'), chunk);
  t.is(bytesOfPiece([text('a'), { chunk, encoding: 'utf8' }], 1, 2), chunk);
});

test('strings become bytes in their own encodings', (t) => {
  t.deepEqual(piecesOf([text('gr\u00fcn ', 'latin1'), text('\u20ac '), text('616263', 'hex'), buffer('!')]), [
    `gr\u00fcn ${Buffer.from('\u20ac ').toString('latin1')}abc!`,
  ]);
});

test('small replies use the same memory again, large strings have their own', (t) => {
  t.true(isReused(bytesOf('small', 'utf8')));
  t.true(isReused(bytesOfPiece([text('a'), buffer('b')], 0, 2)));
  t.false(isReused(bytesOf('x'.repeat(65_536), 'utf8')));
});

test('a large chunk is a piece of its own, which is not copied; small ones are gathered around it', (t) => {
  const large = Buffer.alloc(70_000, 'y');
  const chunks: Chunk[] = [text('head '), text('more'), { chunk: large, encoding: 'utf8' }, text('tail'), buffer('.')];
  t.deepEqual(piecesOf(chunks), ['head more', large.toString(), 'tail.']);
  t.is(bytesOfPiece(chunks, 2, 3), large);
});

test('what is just too large to be gathered is whole all the same', (t) => {
  for (const length of [21_844, 21_845, 21_846, 65_535, 65_536, 65_537]) {
    const pieces = piecesOf([text('\u20ac'.repeat(length)), buffer('.')]);
    t.is(Buffer.from(pieces.join(''), 'latin1').toString(), `${'\u20ac'.repeat(length)}.`);
  }
});

test('nothing is nothing', (t) => {
  t.deepEqual(piecesOf([]), []);
  t.deepEqual(piecesOf([text(''), buffer('')]), ['']);
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
