/** What the fault bench makes of the requests of a phase, and whether that is what is promised. */
import test from 'ava';
import { findBroken, p95LimitMs } from '../../../bench/faults/judge.ts';
import { summarisePhase, windowP95s, type Asked } from '../../../bench/faults/light-report.ts';
import type { FaultResult, PhaseReport } from '../../../bench/faults/types.ts';

const ask = (given: Partial<Asked>): Asked => ({
  phase: 1,
  intoMs: 0,
  tookMs: 1,
  lateMs: 0,
  ending: 'answered',
  status: given.ending === undefined ? '200' : '',
  ...given,
});

const OPTIONS = { phase: 1, seconds: 2, giveUpAfterMs: 5_000 };

test('each request of the phase is counted by how it ended', (t) => {
  const asked = [
    ask({}),
    ask({ phase: 0 }),
    ask({ status: '503 thread_failed' }),
    ask({ ending: 'reset' }),
    ask({ ending: 'closed' }),
    ask({ ending: 'closed' }),
    ask({ ending: 'cut' }),
    ask({ ending: 'given-up' }),
    ask({ ending: 'unconnected' }),
    ask({ tookMs: 3, intoMs: 1_500, lateMs: 2 }),
  ];
  const lost = [{ phase: 1, how: 'reset' } as const, { phase: 0, how: 'closed' } as const];
  const report = summarisePhase(OPTIONS, asked, lost);
  t.is(report.sent, 9);
  t.deepEqual(report.answered, { '200': 2, '503 thread_failed': 1 });
  t.deepEqual(report.unanswered, { reset: 1, closed: 2, 'given-up': 1, unconnected: 1 });
  t.is(report.cutInReply, 1);
  t.deepEqual(report.idleLost, { reset: 1, closed: 0 });
  t.is(report.untouchedShare, 2 / 9);
  t.deepEqual(report.windowP95Ms, [1, 3]);
  t.is(report.p95Ms, 2);
  t.is(report.sentLateP95Ms, 2);
});

test('windows: the 95th percentile of each second, and the longest wait where nobody was served', (t) => {
  const times = Array.from({ length: 100 }, (_, index) => ({ intoMs: index, tookMs: index + 1 }));
  t.deepEqual(windowP95s([...times, { intoMs: 2_000, tookMs: 7 }], 3, 5_000), [95, 5_000, 7]);
});

const NOTHING = { reset: 0, closed: 0, 'given-up': 0, unconnected: 0 };

const phase = (given: Partial<PhaseReport>): PhaseReport => ({
  ...summarisePhase(OPTIONS, [ask({})], []),
  untouchedShare: 1,
  p95Ms: 2,
  ...given,
});

const result = (faulty: Partial<PhaseReport>): Pick<FaultResult, 'quiet' | 'faulty' | 'hasDied'> => ({
  quiet: phase({}),
  faulty: phase(faulty),
  hasDied: false,
});

test('three times the fault-free value or 10 ms more; twice for the faults of clients', (t) => {
  t.is(p95LimitMs({ isOfTheApp: true }, 2), 12);
  t.is(p95LimitMs({ isOfTheApp: true }, 20), 60);
  t.is(p95LimitMs({ isOfTheApp: false }, 20), 40);
});

test('what is promised for faults of the app', (t) => {
  const app = { isOfTheApp: true };
  t.deepEqual(findBroken(app, result({})), []);
  t.deepEqual(findBroken(app, result({ cutInReply: 3 })), [], 'a reply that had begun may be cut');
  t.deepEqual(findBroken(app, result({ p95Ms: 13 })), ['p95 13.0 ms, above 12.0']);
  t.deepEqual(findBroken(app, result({ untouchedShare: 0.6 })), ['only 60 % untouched']);
  t.deepEqual(findBroken(app, result({ unanswered: { ...NOTHING, reset: 1, 'given-up': 1 } })), [
    '2 unanswered',
    '1 connections lost',
  ]);
  t.deepEqual(findBroken(app, result({ idleLost: { reset: 0, closed: 2 } })), ['2 connections lost']);
  t.deepEqual(findBroken(app, { ...result({}), hasDied: true }), ['the server ended']);
});

test('where the generator was late, only what no machine does counts', (t) => {
  const late = { sentLateP95Ms: 60, p95Ms: 900, untouchedShare: 0.1 };
  t.deepEqual(findBroken({ isOfTheApp: true }, result({ ...late, unanswered: { ...NOTHING, 'given-up': 4 } })), []);
  t.deepEqual(findBroken({ isOfTheApp: true }, result({ ...late, unanswered: { ...NOTHING, reset: 4 } })), [
    '4 connections lost',
  ]);
});

test('what is promised for faults of clients: connections may be lost', (t) => {
  const clients = { isOfTheApp: false };
  t.deepEqual(findBroken(clients, result({ idleLost: { reset: 0, closed: 2 } })), []);
  t.deepEqual(findBroken(clients, result({ untouchedShare: 0.6 })), ['only 60 % untouched']);
});
