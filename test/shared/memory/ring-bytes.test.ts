import test from 'ava';
import { SMALL_BYTES, wordCell } from '../../../src/shared/memory/layout.ts';
import {
  type Claim,
  claimNext,
  entrySlotOf,
  findRoom,
  freeEntry,
  publish,
} from '../../../src/shared/memory/request-ring.ts';
import { copyOfShared, RingReader, RingWriter, type WireConnection } from '../../../src/shared/memory/ring-bytes.ts';
import { IDLE, makeWord } from '../../../src/shared/memory/words.ts';
import { createShared, type SharedForTest, startRingAt } from '../../helpers/shared-memory.ts';

const REMOTE = '2001:db8:85a3:8d3:1319:8a2e:370:7348';
const CONNECTION: WireConnection = {
  serial: -7,
  texts: Buffer.from(`${REMOTE}127.0.0.1`),
  remoteLength: REMOTE.length,
  remotePort: 65_535,
  localPort: 80,
};
const NOWHERE: WireConnection = {
  ...CONNECTION,
  texts: new Uint8Array(0),
  remoteLength: 0,
  remotePort: 0,
  localPort: 0,
};
const ADDRESS_BYTES = CONNECTION.texts.length;

/** Bytes that differ from those of another seed in nearly every place. */
const bytesOf = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31 + seed * 7) & 0xff));

interface Sides extends SharedForTest {
  readonly writer: RingWriter;
  readonly reader: RingReader;
}

const createSides = (): Sides => {
  const shared = createShared();
  const { memory, layout, buffer } = shared;
  return { ...shared, writer: new RingWriter(memory, layout, buffer), reader: new RingReader(layout, buffer) };
};

/** Puts a whole request; false where it needs a block and there is none. */
const put = (
  { memory, layout, writer }: Sides,
  slot: number,
  bytes: Uint8Array,
  connection = CONNECTION,
): number | false => {
  const index = findRoom(memory, layout);
  if (index === undefined) throw new Error('no room');
  if (!writer.write(index, 40 + slot, connection, bytes, 0, bytes.length, 10)) return false;
  publish(memory, layout, index, entrySlotOf(slot, false), memory.load(wordCell(layout, slot)), false);
  return index;
};

const claim: Claim = { index: 0, slot: 0, lendsConnection: false };

const take = ({ memory, layout, reader }: Sides): Buffer => {
  if (!claimNext(memory, layout, 1, claim)) throw new Error('nothing waits');
  reader.read(claim.index);
  return reader.bytes.subarray(reader.start, reader.end);
};

const finish = ({ memory, layout }: Sides): void => {
  freeEntry(memory, layout, claim.index);
  memory.store(wordCell(layout, claim.slot), makeWord(IDLE, 1, claim.index));
};

/** Each side of the step from the entry's own area to a block, and the largest of all. */
const LENGTHS = [
  0,
  1,
  63,
  64,
  SMALL_BYTES - ADDRESS_BYTES - 1,
  SMALL_BYTES - ADDRESS_BYTES,
  SMALL_BYTES - ADDRESS_BYTES + 1,
  70_000,
];

for (const length of LENGTHS) {
  test(`a request of ${length} bytes arrives whole, with its addresses`, (t) => {
    const sides = createSides();
    const bytes = bytesOf(length, 1);
    put(sides, 3, bytes);
    t.true(take(sides).equals(bytes));
    const { reader } = sides;
    t.is(reader.descriptor, 43);
    t.is(reader.headEnd, reader.start + 10);
    t.is(reader.serial, -7);
    t.is(reader.readRemoteAddress(), REMOTE);
    t.is(reader.remotePort, 65_535);
    t.is(reader.readLocalAddress(), '127.0.0.1');
    t.is(reader.localPort, 80);
  });
}

test('the largest request fits, and its neighbours keep their bytes', (t) => {
  const sides = createSides();
  const { maxBytes } = sides.writer;
  const requests = [bytesOf(maxBytes, 1), bytesOf(maxBytes, 2), bytesOf(maxBytes, 3)];
  for (const [slot, bytes] of requests.entries()) put(sides, slot, bytes);
  for (const bytes of requests) t.true(take(sides).equals(bytes));
});

test('what is larger than a block is refused, and the next one keeps its bytes', (t) => {
  const sides = createSides();
  put(sides, 0, bytesOf(5000, 1));
  put(sides, 1, bytesOf(5000, 2));
  t.true(take(sides).equals(bytesOf(5000, 1)));
  finish(sides);
  t.throws(() => put(sides, 2, bytesOf(sides.layout.blockBytes, 3)), { instanceOf: RangeError });
  t.true(take(sides).equals(bytesOf(5000, 2)));
  finish(sides);
  t.not(put(sides, 2, bytesOf(5000, 4)), false);
  t.true(take(sides).equals(bytesOf(5000, 4)));
});

test('a piece of a larger buffer is copied, not what stands around it', (t) => {
  const sides = createSides();
  const source = Buffer.from('before|the request|behind');
  const { memory, layout, writer } = sides;
  writer.write(0, 9, CONNECTION, source, 7, 18, 4);
  publish(memory, layout, 0, entrySlotOf(2, false), 0, false);
  t.is(take(sides).toString(), 'the request');
});

test('a Unix socket has no addresses', (t) => {
  const sides = createSides();
  put(sides, 3, bytesOf(20, 1), NOWHERE);
  t.true(take(sides).equals(bytesOf(20, 1)));
  t.is(sides.reader.readRemoteAddress(), '');
  t.is(sides.reader.readLocalAddress(), '');
  t.is(sides.reader.remotePort, 0);
});

test('small and large requests go round the ring, past every wrap, each with its own bytes', (t) => {
  for (const start of [0, 2 ** 31 - 100, -100]) {
    const sides = createSides();
    startRingAt(sides.memory, start);
    const lengths = Array.from({ length: 600 }, (_, turn) => (turn % 3 === 0 ? 3000 + turn : 100 + turn));
    const waiting: Buffer[] = [];
    for (const [turn, length] of lengths.entries()) {
      const bytes = bytesOf(length, turn);
      t.not(put(sides, turn, bytes), false);
      waiting.push(bytes);
      if (waiting.length < 50) continue;
      if (!take(sides).equals(waiting.shift() as Buffer)) t.fail(`request ${turn - 49} from ${start}`);
      finish(sides);
    }
    for (const bytes of waiting) {
      if (!take(sides).equals(bytes)) t.fail(`rest from ${start}`);
      finish(sides);
    }
  }
  t.pass();
});

test('when all blocks are in use a large request finds no place, a small one does', (t) => {
  const sides = createSides();
  const { blockCount } = sides.layout;
  for (let slot = 0; slot < blockCount; slot += 1) t.not(put(sides, slot, bytesOf(5000, slot)), false);
  t.is(put(sides, 500, bytesOf(5000, 500)), false);
  t.not(put(sides, 501, bytesOf(100, 501)), false);
  t.true(take(sides).equals(bytesOf(5000, 0)));
  t.is(put(sides, 502, bytesOf(5000, 502)), false, 'claimed, and still being read');
  finish(sides);
  t.not(put(sides, 503, bytesOf(5000, 503)), false);
  t.is(put(sides, 504, bytesOf(5000, 504)), false);
  // Nothing was written over.
  for (let slot = 1; slot < blockCount; slot += 1) {
    if (!take(sides).equals(bytesOf(5000, slot))) t.fail(`request ${slot}`);
    finish(sides);
  }
  t.true(take(sides).equals(bytesOf(100, 501)));
  finish(sides);
  t.true(take(sides).equals(bytesOf(5000, 503)));
});

test('blocks come back however often they are used, also from a write that never was published', (t) => {
  const sides = createSides();
  const { layout, memory, writer } = sides;
  for (let turn = 0; turn < 3 * layout.blockCount; turn += 1) {
    const index = findRoom(memory, layout) as number;
    t.true(writer.write(index, 1, CONNECTION, bytesOf(5000, 1), 0, 5000, 10));
    t.not(put(sides, 1, bytesOf(5000, turn)), false);
    t.true(take(sides).equals(bytesOf(5000, turn)));
    finish(sides);
  }
});

test('wherever a large request stands in its words, it and a copy of its body stand there too', (t) => {
  const sides = createSides();
  const source = bytesOf(SMALL_BYTES + 2000, 3);
  for (let at = 0; at < 16; at += 1) {
    const index = findRoom(sides.memory, sides.layout) as number;
    t.true(sides.writer.write(index, 40, CONNECTION, source, at, source.length, 10));
    publish(
      sides.memory,
      sides.layout,
      index,
      entrySlotOf(1, false),
      sides.memory.load(wordCell(sides.layout, 1)),
      false,
    );
    const written = take(sides);
    const { reader } = sides;
    t.true(written.equals(source.subarray(at)));
    t.is((reader.bytes.byteOffset + reader.start) % 8, (source.byteOffset + at) % 8);
    const body = copyOfShared(reader.bytes, reader.headEnd, reader.end);
    t.true(body.equals(source.subarray(at + 10)));
    t.is(body.byteOffset % 8, (reader.bytes.byteOffset + reader.headEnd) % 8);
    t.is(reader.readRemoteAddress(), REMOTE);
    t.is(reader.readLocalAddress(), '127.0.0.1');
    finish(sides);
  }
});
