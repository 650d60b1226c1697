import test from 'ava';
import type { Phase } from '../../../src/acceptor/connection.ts';
import { standingOf } from '../../../src/acceptor/timing/standing.ts';
import type { Standing } from '../../../src/acceptor/timing/timeouts.ts';
import { toCellMs } from '../../../src/shared/clock.ts';
import { FINISHED_AT, wordCell } from '../../../src/shared/memory/layout.ts';
import { noteStart } from '../../../src/shared/memory/request-start.ts';
import {
  CLOSING,
  IDLE,
  LENT,
  LENT_REPLYING,
  makeWord,
  MORE,
  REPLYING,
  RUNNING,
  WAITING,
} from '../../../src/shared/memory/words.ts';
import { createShared } from '../../helpers/shared-memory.ts';
import { unopenedConnection } from '../../helpers/unopened-connection.ts';

const SINCE = 5000;
const LAST_BYTE = 5500;
const NOW = 9000;
const FINISHED = 8000;
const STARTED = 7000;

const standing = (phase: Phase, stage: number, writeDescriptor = -1): Standing => {
  const { memory, layout } = createShared();
  const connection = unopenedConnection(3);
  connection.enter(phase, SINCE);
  connection.lastByteAt = LAST_BYTE;
  connection.writeDescriptor = writeDescriptor;
  memory.store(wordCell(layout, 3), makeWord(stage, 1, 9));
  memory.store(wordCell(layout, 3) + FINISHED_AT, toCellMs(FINISHED));
  noteStart(memory, layout, 3, STARTED);
  return standingOf(connection, memory, layout, NOW);
};

const CASES: readonly (readonly [Phase, number, Standing])[] = [
  ['new', IDLE, { phase: 'new', acceptedAt: SINCE }],
  ['reading', IDLE, { phase: 'reading', begunAt: SINCE, lastByteAt: LAST_BYTE }],
  ['idle', IDLE, { phase: 'idle', idleSince: SINCE, hasWriteDescriptor: false }],
  ['overflow', IDLE, { phase: 'waiting', waitingSince: SINCE }],
  ['lent', WAITING, { phase: 'waiting', waitingSince: SINCE }],
  ['lent', WAITING | MORE, { phase: 'waiting', waitingSince: SINCE }],
  ['lent', RUNNING, { phase: 'running', startedAt: STARTED }],
  ['lent', REPLYING, { phase: 'running', startedAt: STARTED }],
  ['lent', LENT, { phase: 'running', startedAt: undefined }],
  ['lent', LENT_REPLYING, { phase: 'running', startedAt: undefined }],
  ['lent', CLOSING, { phase: 'running', startedAt: undefined }],
  // Back without a word: idle since its thread said so.
  ['lent', IDLE, { phase: 'idle', idleSince: FINISHED, hasWriteDescriptor: false }],
  ['replying', IDLE, { phase: 'replying', since: SINCE }],
  ['lingering', CLOSING, { phase: 'lingering', since: SINCE }],
  ['gone', RUNNING, { phase: 'running', startedAt: undefined }],
];

for (const [phase, stage, expected] of CASES) {
  test(`${phase}, word in stage ${stage}`, (t) => {
    t.deepEqual(standing(phase, stage), expected);
  });
}

test('whether an idle connection has its second descriptor', (t) => {
  t.like(standing('idle', IDLE, 9), { hasWriteDescriptor: true });
  t.like(standing('lent', IDLE, 9), { hasWriteDescriptor: true });
});
