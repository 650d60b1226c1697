import test from 'ava';
import { type Settlement, settlementOf } from '../../../src/acceptor/endings/settlement.ts';
import {
  CLOSING,
  IDLE,
  LENT,
  LENT_REPLYING,
  REPLYING,
  REVOKED,
  RUNNING,
  WAITING,
} from '../../../src/shared/memory/words.ts';

/** What the stages mean is in dead-threads.test.ts; the entries are in request-ring.test.ts. */
const SETTLEMENTS: readonly (readonly [stage: number, settlement: Settlement])[] = [
  [RUNNING, 'reply'],
  [LENT, 'reply-and-close'],
  [REPLYING, 'cut'],
  [LENT_REPLYING, 'cut'],
  [IDLE, 'look'],
  [CLOSING, 'look'],
  // The acceptor answers it, whatever becomes of the thread.
  [REVOKED, 'leave'],
];

test('each stage that a thread can own has its settlement', (t) => {
  for (const [stage, settlement] of SETTLEMENTS) t.is(settlementOf(stage), settlement);
});

test('no thread owns a word that waits', (t) => {
  for (const stage of [WAITING, 15]) t.throws(() => settlementOf(stage), { message: /stage/ });
});
