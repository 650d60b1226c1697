import test from 'ava';
import {
  BEAT,
  CLAIM_INDEX,
  CLAIM_NUMBER,
  CLIENT_ENDED,
  computeLayout,
  DRAINING,
  ENTRY_BYTES,
  ENTRY_DESCRIPTOR,
  ENTRY_HEAD_LENGTH,
  ENTRY_LENGTH,
  ENTRY_LOCAL_LENGTH,
  ENTRY_LOCAL_PORT,
  ENTRY_REMOTE_LENGTH,
  ENTRY_REMOTE_PORT,
  ENTRY_SLOT,
  ENTRY_STATE,
  entryCell,
  FINISHED_AT,
  type LayoutNeeds,
  MAIL_ALL,
  MAIL_HEAD,
  MAIL_TAIL,
  MAILBOX_SIZE,
  mailCell,
  MAX_CONNECTIONS,
  OVERFLOW,
  QUEUE_HEAD,
  QUEUE_TAIL,
  RANG_ACCEPTOR,
  RUNNING,
  SERVED,
  SMALL_BYTES,
  STARTED_AT,
  TAKEN,
  THREAD_STATE,
  threadCell,
  WORD,
  wordCell,
} from '../../../src/shared/memory/layout.ts';

const LINE_CELLS = 16;
type Needs = LayoutNeeds & { readonly maxPending: number };
const NEEDS: Needs = { threadCount: 2, maxPending: 1024, maxHeaderBytes: 16_384, inlineBodyBytes: 65_536 };

const CASES: Readonly<Record<string, Needs>> = {
  usual: NEEDS,
  'one thread, nothing may wait': { ...NEEDS, threadCount: 1, maxPending: 0, inlineBodyBytes: 0 },
  'most threads, no limit of pending': { ...NEEDS, threadCount: 500, maxPending: Number.POSITIVE_INFINITY },
  'largest requests': { ...NEEDS, maxHeaderBytes: 1024 * 1024, inlineBodyBytes: 1024 * 1024 },
};

for (const [what, needs] of Object.entries(CASES)) {
  test(`the areas follow each other and nothing overlaps: ${what}`, (t) => {
    const layout = computeLayout(needs);
    t.is(layout.lineCount, 2 * needs.threadCount + 2);
    t.true(Math.max(QUEUE_HEAD, QUEUE_TAIL, OVERFLOW, DRAINING) < threadCell(layout, 1));
    t.true(mailCell(layout, layout.lineCount, MAILBOX_SIZE - 1) < wordCell(layout, 0));
    t.true(wordCell(layout, MAX_CONNECTIONS) <= entryCell(layout, 0));
    const entriesEnd = (entryCell(layout, layout.ringSize - 1) + LINE_CELLS) * 4;
    t.true(entriesEnd <= layout.smallAreas);
    t.true(layout.smallAreas + layout.ringSize * SMALL_BYTES <= layout.blocks);
    t.is(layout.totalBytes, layout.blocks + layout.blockCount * layout.blockBytes);
  });

  test(`entry offsets can be told in units of 64 bytes, in 31 bits: ${what}`, (t) => {
    const layout = computeLayout(needs);
    for (const bytes of [layout.smallAreas, SMALL_BYTES, layout.blocks, layout.blockBytes]) t.is(bytes % 64, 0);
    t.true(layout.totalBytes / 64 < 2 ** 31);
  });

  test(`a block holds the largest request, with what one read more may bring: ${what}`, (t) => {
    const { blockBytes } = computeLayout(needs);
    t.true(blockBytes >= 128 + needs.maxHeaderBytes + needs.inlineBodyBytes + 128 * 1024);
  });

  test(`the ring is a power of two, larger than what may wait, smaller than half the generations: ${what}`, (t) => {
    const { ringSize, lineCount } = computeLayout(needs);
    t.is(ringSize & (ringSize - 1), 0);
    t.true(ringSize >= Math.min(needs.maxPending + lineCount, 1 << 15));
    t.true(ringSize < 1 << 16);
    t.true(ringSize >= 256);
  });
}

test("'auto' is laid out for what may wait before anything is measured", (t) => {
  t.deepEqual(computeLayout({ ...NEEDS, maxPending: 'auto' }), computeLayout({ ...NEEDS, maxPending: 1024 }));
});

test('an owner fits the 10 bits that a word has for it', (t) => {
  t.true(computeLayout({ ...NEEDS, threadCount: 500 }).lineCount < 1 << 10);
});

/** Who writes what: nobody else's cell stands on the same cache line. */
const WRITERS = {
  'head (all)': [QUEUE_HEAD],
  'tail (acceptor)': [QUEUE_TAIL],
  'flags (acceptor, rarely)': [OVERFLOW, DRAINING],
};

test('each writer of the queue has its own cache line', (t) => {
  const lines = Object.values(WRITERS).map((cells) => new Set(cells.map((cell) => Math.floor(cell / LINE_CELLS))));
  for (const line of lines) t.is(line.size, 1);
  t.is(new Set(lines.map((line) => [...line][0])).size, lines.length);
});

test("a thread's cells stand on three lines by writer, and before its mailbox", (t) => {
  const layout = computeLayout(NEEDS);
  const both = [THREAD_STATE, RANG_ACCEPTOR];
  const thread = [TAKEN, CLAIM_NUMBER, CLAIM_INDEX, RUNNING, SERVED, MAIL_TAIL, MAIL_ALL, BEAT];
  const acceptor = [MAIL_HEAD];
  const lineOf = (cell: number): number => Math.floor((threadCell(layout, 1) + cell) / LINE_CELLS);
  const lines = [both, thread, acceptor].map((cells) => [...new Set(cells.map(lineOf))]);
  for (const line of lines) t.is(line.length, 1);
  t.is(new Set(lines.flat()).size, 3);
  const all = [...both, ...thread, ...acceptor];
  t.is(new Set(all).size, all.length);
  t.is(mailCell(layout, 1, 0) % LINE_CELLS, 0);
  t.true(mailCell(layout, 1, 0) > threadCell(layout, 1) + Math.max(...all));
});

test('letters use the mailbox in turn, also when their count wraps', (t) => {
  const layout = computeLayout(NEEDS);
  t.is(mailCell(layout, 2, MAILBOX_SIZE), mailCell(layout, 2, 0));
  t.is(mailCell(layout, 2, -1), mailCell(layout, 2, MAILBOX_SIZE - 1));
  t.is(mailCell(layout, 2, -(2 ** 31)), mailCell(layout, 2, 0));
  t.true(mailCell(layout, 2, MAILBOX_SIZE - 1) < threadCell(layout, 3));
});

test('entries are found by index, also when the index wraps', (t) => {
  const layout = computeLayout(NEEDS);
  const { ringSize } = layout;
  t.is(entryCell(layout, ringSize), entryCell(layout, 0));
  t.is(entryCell(layout, -1), entryCell(layout, ringSize - 1));
  t.is(entryCell(layout, -(2 ** 31)), entryCell(layout, 0));
  t.is(entryCell(layout, 1) - entryCell(layout, 0), LINE_CELLS);
});

test('the cells of an entry, and of a connection, are all different and fit', (t) => {
  const entry = [
    ENTRY_STATE,
    ENTRY_SLOT,
    ENTRY_DESCRIPTOR,
    ENTRY_LENGTH,
    ENTRY_HEAD_LENGTH,
    ENTRY_REMOTE_LENGTH,
    ENTRY_LOCAL_LENGTH,
    ENTRY_REMOTE_PORT,
    ENTRY_LOCAL_PORT,
    ENTRY_BYTES,
  ];
  t.is(new Set(entry).size, entry.length);
  t.true(Math.max(...entry) < LINE_CELLS);
  const connection = [WORD, FINISHED_AT, CLIENT_ENDED, STARTED_AT];
  t.is(new Set(connection).size, connection.length);
  const layout = computeLayout(NEEDS);
  t.true(Math.max(...connection) < wordCell(layout, 1) - wordCell(layout, 0));
});
