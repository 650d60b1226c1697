import test from 'ava';
import { ReadBuffer } from '../../../src/acceptor/framing/read-buffer.ts';

const text = (buffer: ReadBuffer): string => buffer.bytes.toString('latin1', buffer.start, buffer.end);

test('holds a copy of the piece it was made of', (t) => {
  const source = Buffer.from('-piece-');
  const buffer = new ReadBuffer(source, 1, 6);
  source.fill('x');
  t.is(text(buffer), 'piece');
  t.is(buffer.length, 5);
});

test('appends pieces of pieces', (t) => {
  const buffer = new ReadBuffer(Buffer.from('one '), 0, 4);
  buffer.append(Buffer.from('-two -'), 1, 5);
  buffer.append(Buffer.from('nothing'), 3, 3);
  t.is(text(buffer), 'one two ');
});

test('bytes that were used make room for others: what follows is kept in order', (t) => {
  const buffer = new ReadBuffer(Buffer.alloc(1000, 'a'), 0, 1000);
  buffer.start = 990;
  buffer.append(Buffer.alloc(1000, 'b'), 0, 1000);
  t.is(text(buffer), 'a'.repeat(10) + 'b'.repeat(1000));
  t.is(buffer.bytes.length, 1024, 'in the same memory');
  buffer.start += 5;
  buffer.append(Buffer.alloc(3000, 'c'), 0, 3000);
  t.is(text(buffer), 'a'.repeat(5) + 'b'.repeat(1000) + 'c'.repeat(3000));
});

test('grows by doubling, byte by byte or all at once, whatever the first size', (t) => {
  for (const first of [0, 1, 1023, 1024, 1025, 5000]) {
    for (const step of [1, 7, 4096]) {
      const whole = Buffer.from(Array.from({ length: first + 9000 }, (_, at) => (at * 31) & 0xff));
      const buffer = new ReadBuffer(whole, 0, first);
      let at = first;
      while (at < whole.length) {
        const next = Math.min(at + step, whole.length);
        buffer.append(whole, at, next);
        at = next;
      }
      t.true(whole.equals(buffer.bytes.subarray(buffer.start, buffer.end)), `${first} by ${step}`);
      t.true(buffer.bytes.length < 4 * whole.length);
      t.is(Math.log2(buffer.bytes.length) % 1, 0);
    }
  }
});

const filled = (length: number, letter: string): ReadBuffer => new ReadBuffer(Buffer.alloc(length, letter), 0, length);

test('large memory is used again once it is released, not before', (t) => {
  const one = filled(40_000, 'a');
  const memory = one.bytes;
  const other = filled(40_000, 'b');
  t.not(other.bytes, memory);
  one.release();
  t.is(one.length, 0);
  const next = filled(40_000, 'c');
  t.is(next.bytes, memory);
  t.is(text(next), 'c'.repeat(40_000));
  t.is(text(other), 'b'.repeat(40_000));
  // Twice is once.
  one.release();
  t.not(filled(40_000, 'd').bytes, memory);
});

test('what it has outgrown is used again, too', (t) => {
  const growing = filled(20_000, 'a');
  const memory = growing.bytes;
  growing.append(Buffer.alloc(50_000, 'b'), 0, 50_000);
  t.is(filled(20_000, 'c').bytes, memory);
  t.is(text(growing), 'a'.repeat(20_000) + 'b'.repeat(50_000));
});

test('only so much memory is kept', (t) => {
  const many = Array.from({ length: 100 }, () => filled(100_000, 'x'));
  const memories = new Set(many.map(({ bytes }) => bytes));
  for (const one of many) one.release();
  const again = Array.from({ length: 100 }, () => filled(100_000, 'y'));
  const kept = again.filter(({ bytes }) => memories.has(bytes)).length;
  t.true(kept > 0 && kept <= 32, `${kept} x 128 KiB`);
});
