import test from 'ava';
import {
  CLOSING,
  DONE,
  DONE_WITH_MORE,
  generationOf,
  generationOfIndex,
  hasMore,
  IDLE,
  isOfIndex,
  LENT,
  LENT_REPLYING,
  LOST,
  makeWord,
  MORE,
  ownerOf,
  REPLYING,
  REVOKED,
  RUNNING,
  stageOf,
  swapWord,
  WAITING,
} from '../../../src/shared/memory/words.ts';
import { wordCell } from '../../../src/shared/memory/layout.ts';
import { createShared, InterruptedMemory } from '../../helpers/shared-memory.ts';

const STAGES = { IDLE, WAITING, RUNNING, REPLYING, CLOSING, REVOKED, LENT, LENT_REPLYING };
/** None, the first, and the largest there can be: two lines a thread and two more, of 500 threads. */
const OWNERS = [0, 1, 2, 511, 1002];
/** Around each place where an index changes sign or its low 17 bits begin anew. */
const INDICES = [0, 1, 0x1fffe, 0x1ffff, 0x20000, 2 ** 31 - 1, -(2 ** 31), -0x20000, -2, -1];

test('the stages are all different and fit their bits', (t) => {
  const stages = Object.values(STAGES);
  t.is(new Set(stages).size, 8);
  for (const stage of stages) t.is(stageOf(stage), stage);
});

test('a word gives back what it was made of, with and without `more`', (t) => {
  for (const [name, stage] of Object.entries(STAGES)) {
    for (const owner of OWNERS) {
      for (const index of INDICES) {
        const word = makeWord(stage, owner, index);
        for (const marked of [word, word | MORE]) {
          const what = `${name} ${owner} ${index}`;
          t.is(marked, marked | 0, 'a cell holds it as it is');
          t.is(stageOf(marked), stage, what);
          t.is(ownerOf(marked), owner, what);
          t.is(generationOf(marked), generationOfIndex(index), what);
          t.true(isOfIndex(marked, index), what);
        }
        t.false(hasMore(word));
        t.true(hasMore(word | MORE));
      }
    }
  }
});

test('a word belongs to its index and to none that can be in the ring with it', (t) => {
  const largestRing = 1 << 15;
  for (const index of INDICES) {
    const word = makeWord(WAITING, 0, index);
    for (const distance of [1, 2, 255, 256, largestRing - 1, largestRing, 2 * largestRing]) {
      t.false(isOfIndex(word, (index + distance) | 0), `${index} + ${distance}`);
      t.false(isOfIndex(word, (index - distance) | 0), `${index} - ${distance}`);
    }
  }
});

/** What each side may do to a word, and whether `more` stays. */
const TRANSITIONS: readonly [name: string, from: number, to: number, keepsMore: boolean][] = [
  ['a thread claims a request', makeWord(WAITING, 0, 7), makeWord(RUNNING, 3, 7), true],
  ['a thread claims a connection', makeWord(WAITING, 0, 7), makeWord(LENT, 3, 7), true],
  ['the acceptor cancels', makeWord(WAITING, 0, 7), makeWord(IDLE, 0, 7), false],
  ['a reply begins', makeWord(RUNNING, 3, 7), makeWord(REPLYING, 3, 7), true],
  ['a 1xx is written', makeWord(REPLYING, 3, 7), makeWord(RUNNING, 3, 7), true],
  ['a request ends without a byte', makeWord(RUNNING, 3, 7), makeWord(CLOSING, 3, 7), false],
  ['a reply ends', makeWord(REPLYING, 3, 7), makeWord(IDLE, 3, 7), false],
  ['a reply ends the connection', makeWord(REPLYING, 3, 7), makeWord(CLOSING, 3, 7), false],
  ['a reply begins on a lent connection', makeWord(LENT, 3, 7), makeWord(LENT_REPLYING, 3, 7), true],
  ['a reply ends on a lent connection', makeWord(LENT_REPLYING, 3, 7), makeWord(LENT, 3, 7), true],
  ['a connection returns', makeWord(LENT, 3, 7), makeWord(IDLE, 3, 7), false],
  ['a lent connection closes', makeWord(LENT, 3, 7), makeWord(CLOSING, 3, 7), false],
  ['the acceptor takes a request back', makeWord(RUNNING, 3, 7), makeWord(REVOKED, 3, 7), false],
];

for (const [name, from, to, keepsMore] of TRANSITIONS) {
  test(`${name}: the swap succeeds`, (t) => {
    const { memory, layout } = createShared();
    const cell = wordCell(layout, 5);
    memory.store(cell, from);
    t.is(swapWord(memory, cell, from, to, keepsMore), DONE);
    t.is(memory.load(cell), to);
  });

  test(`${name}: the swap tells of \`more\` and ${keepsMore ? 'keeps' : 'clears'} it`, (t) => {
    const { memory, layout } = createShared();
    const cell = wordCell(layout, 5);
    memory.store(cell, from | MORE);
    t.is(swapWord(memory, cell, from, to, keepsMore), DONE_WITH_MORE);
    t.is(memory.load(cell), keepsMore ? to | MORE : to);
  });

  test(`${name}: \`more\` may be set before each access of the swap`, (t) => {
    for (const access of [0, 1]) {
      const { memory, layout } = createShared();
      const cell = wordCell(layout, 5);
      memory.store(cell, from);
      const interrupted = new InterruptedMemory(memory, (next) => {
        if (next === access) memory.or(cell, MORE);
      });
      const result = swapWord(interrupted, cell, from, to, keepsMore);
      // Set after the one swap that was needed it stands in the new word, for the next one to tell of.
      t.is(result, access === 0 ? DONE_WITH_MORE : DONE);
      t.is(memory.load(cell), access === 0 && keepsMore ? to | MORE : to);
    }
  });

  test(`${name}: the right is lost when anything else has changed`, (t) => {
    const { layout } = createShared();
    const cell = wordCell(layout, 5);
    const others = [
      makeWord(stageOf(from) === IDLE ? RUNNING : IDLE, ownerOf(from), 7),
      makeWord(stageOf(from), ownerOf(from) + 1, 7),
      makeWord(stageOf(from), ownerOf(from), 8),
      to,
    ];
    for (const other of others) {
      for (const found of [other, other | MORE]) {
        const { memory } = createShared();
        memory.store(cell, found);
        t.is(swapWord(memory, cell, from, to, keepsMore), LOST);
        t.is(memory.load(cell), found, 'and nothing is changed');
      }
    }
  });

  test(`${name}: the right is lost between the two tries`, (t) => {
    const { memory, layout } = createShared();
    const cell = wordCell(layout, 5);
    memory.store(cell, from | MORE);
    const taken = makeWord(REVOKED, ownerOf(from), 7) | MORE;
    const interrupted = new InterruptedMemory(memory, (next) => {
      if (next === 1) memory.store(cell, taken);
    });
    t.is(swapWord(interrupted, cell, from, to, keepsMore), LOST);
    t.is(memory.load(cell), taken);
  });
}
