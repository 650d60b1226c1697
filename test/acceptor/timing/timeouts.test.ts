import test from 'ava';
import {
  DESCRIPTOR_IDLE_MS,
  type Drain,
  judge,
  KEEP_ALIVE_GRACE_MS,
  LINGER_MS,
  type Standing,
  type TimeLimits,
  type Verdict,
} from '../../../src/acceptor/timing/timeouts.ts';

const LIMITS: TimeLimits = {
  readTimeoutMs: 300,
  maxRequestReadMs: 600,
  keepAliveTimeoutMs: 5000,
  writeTimeoutMs: 100,
  maxWaitMs: 50,
  handlerTimeoutMs: 2500,
};
const OFF: TimeLimits = {
  readTimeoutMs: 0,
  maxRequestReadMs: 0,
  keepAliveTimeoutMs: 0,
  writeTimeoutMs: 0,
  maxWaitMs: 0,
  handlerTimeoutMs: 0,
};
/** When everything began. */
const T = 1_000_000;

/** Nothing is due at `at - 1`, and the next look is at `at` at the latest; at `at` it is. */
const isDue = test.macro({
  title: (title = '') => title,
  exec(t, standing: Standing, limits: TimeLimits, drain: Drain | undefined, at: number, action: Verdict['action']) {
    const before = judge(standing, limits, drain, at - 1);
    t.is(before.action, 'look');
    const nextLook = before.action === 'look' ? before.at : -1;
    t.true(nextLook > at - 1 && nextLook <= at, `looks again at ${nextLook}`);
    t.is(judge(standing, limits, drain, at).action, action);
    t.is(judge(standing, limits, drain, at + 100_000).action, action);
  },
});

const isNeverDue = test.macro({
  title: (title = '') => title,
  exec(t, standing: Standing, limits: TimeLimits) {
    for (const now of [T, T + 1000, T + 86_400_000, T + 10 * 86_400_000]) {
      const verdict = judge(standing, limits, undefined, now);
      t.is(verdict.action, 'look', `after ${now - T} ms`);
      t.true(verdict.action === 'look' && Number.isFinite(verdict.at) && verdict.at > now);
    }
  },
});

const idle = (hasWriteDescriptor: boolean): Standing => ({ phase: 'idle', idleSince: T, hasWriteDescriptor });
const reading = (lastByteAt: number): Standing => ({ phase: 'reading', begunAt: T, lastByteAt });
const acceptedAt: Standing = { phase: 'new', acceptedAt: T };
const waiting: Standing = { phase: 'waiting', waitingSince: T };
const replying: Standing = { phase: 'replying', since: T };
const running: Standing = { phase: 'running', startedAt: T };
const lingering: Standing = { phase: 'lingering', since: T };

test('a silent new connection is closed', isDue, acceptedAt, LIMITS, undefined, T + 300, 'close');
test('a pause within a request', isDue, reading(T + 100), LIMITS, undefined, T + 400, 'refuse-slow');
test(
  'a request that takes too long though bytes come',
  isDue,
  reading(T + 599),
  LIMITS,
  undefined,
  T + 600,
  'refuse-slow',
);
test('a request that waits too long', isDue, waiting, LIMITS, undefined, T + 50, 'refuse-waiting');
test(
  'an idle connection is closed a second after what it was told',
  isDue,
  idle(false),
  LIMITS,
  undefined,
  T + 5000 + KEEP_ALIVE_GRACE_MS,
  'close',
);
test('a client that does not take our reply', isDue, replying, LIMITS, undefined, T + 100, 'close');
test('a lingering close ends', isDue, lingering, LIMITS, undefined, T + LINGER_MS, 'close');
test('a lingering close ends without any limit too', isDue, lingering, OFF, undefined, T + LINGER_MS, 'close');
test(
  'an idle connection gives its descriptor back',
  isDue,
  idle(true),
  OFF,
  undefined,
  T + DESCRIPTOR_IDLE_MS,
  'release-descriptor',
);

test('one read limit is off', isDue, reading(T), { ...LIMITS, readTimeoutMs: 0 }, undefined, T + 600, 'refuse-slow');
test(
  'the other read limit is off',
  isDue,
  reading(T + 5000),
  { ...LIMITS, maxRequestReadMs: 0 },
  undefined,
  T + 5300,
  'refuse-slow',
);

test('the descriptor comes back long before the close, and a close that is due goes first', (t) => {
  t.is(judge(idle(true), LIMITS, undefined, T + DESCRIPTOR_IDLE_MS).action, 'release-descriptor');
  t.is(judge(idle(true), LIMITS, undefined, T + 6000).action, 'close');
});

test('off: a new connection', isNeverDue, acceptedAt, OFF);
test('off: a request that is read', isNeverDue, reading(T), OFF);
test('off: a request that waits', isNeverDue, waiting, OFF);
test('off: an idle connection', isNeverDue, idle(false), OFF);
test('off: a reply of ours', isNeverDue, replying, OFF);
test('a handler that takes too long', isDue, running, LIMITS, undefined, T + 2500, 'end-handler');
test('off: a handler', isNeverDue, running, OFF);
test('a handler that nobody saw begin', isNeverDue, { phase: 'running', startedAt: undefined }, LIMITS);

test('no handler is due before the next look, whenever it begins', (t) => {
  const short = { ...OFF, handlerTimeoutMs: 20 };
  for (const standing of [waiting, { phase: 'running', startedAt: undefined } as const]) {
    t.deepEqual(judge(standing, short, undefined, T), { action: 'look', at: T + 20 });
    t.deepEqual(judge(standing, OFF, undefined, T), { action: 'look', at: T + 1000 });
    t.deepEqual(judge(standing, { ...OFF, handlerTimeoutMs: 5000 }, undefined, T), { action: 'look', at: T + 1000 });
  }
  t.deepEqual(judge(waiting, { ...short, maxWaitMs: 10 }, undefined, T), { action: 'look', at: T + 10 });
});

const drain: Drain = { since: T + 200, idleMs: 500 };

test('draining: a new connection', isDue, acceptedAt, OFF, drain, T + 700, 'close');
test('draining: an idle connection', isDue, idle(false), LIMITS, drain, T + 700, 'close');
test(
  'draining: one that is idle since later',
  isDue,
  { ...idle(false), idleSince: T + 600 } as Standing,
  LIMITS,
  drain,
  T + 1100,
  'close',
);
test('draining: the usual limit where it is sooner', isDue, acceptedAt, LIMITS, drain, T + 300, 'close');
test('draining: a request may still be read to its end', isDue, reading(T), LIMITS, drain, T + 300, 'refuse-slow');
test('draining at once', (t) => {
  t.is(judge(idle(true), LIMITS, { since: T + 200, idleMs: 0 }, T + 200).action, 'close');
});
