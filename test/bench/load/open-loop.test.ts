import test from 'ava';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { scheduleArrivals } from '../../../bench/load/arrivals.ts';
import { recoverySeconds, summariseSteps, type Asked } from '../../../bench/load/open-loop-report.ts';
import { runOpenLoop } from '../../../bench/load/open-loop.ts';

test('arrivals come at the rates of their phases, in order, the same for the same seed', (t) => {
  const phases = [
    { perSecond: 100, seconds: 20 },
    { perSecond: 1000, seconds: 10 },
  ];
  const arrivals = scheduleArrivals(phases, 1);
  const count = (phase: number): number => arrivals.filter((one) => one.phase === phase).length;
  t.true(Math.abs(count(0) - 2_000) < 200);
  t.true(Math.abs(count(1) - 10_000) < 500);
  t.true(arrivals.every(({ atMs }, index) => atMs >= (arrivals[index - 1]?.atMs ?? 0)));
  const again = scheduleArrivals(phases, 1);
  t.deepEqual(again.slice(0, 100), arrivals.slice(0, 100));
  t.notDeepEqual(scheduleArrivals(phases, 2).slice(0, 100), arrivals.slice(0, 100));
});

const one = (phase: number, intoMs: number, outcome: Asked['outcome'], tookMs: number): Asked => ({
  atMs: phase * 1000 + intoMs,
  phase,
  intoMs,
  outcome,
  tookMs,
});

test('a step counts what came in time, and leaves out its beginning', (t) => {
  const asked = [one(0, 100, 'ok', 5), one(0, 600, 'ok', 5), one(0, 700, 'ok', 1500), one(0, 800, 'refused', 2)];
  const options = { steps: [{ perSecond: 4, seconds: 1 }], discardShare: 0.5, goodWithinMs: 1000 };
  const [step] = summariseSteps(options, asked);
  t.is(step?.goodPerSecond, 2);
  t.is(step?.accepted.count, 2);
  t.is(step?.refused.p99, 2);
  t.is(step?.unserved.count, 1);
});

test('recovery ends when everything asked later is answered well', (t) => {
  const bad = [one(1, 100, 'given-up', 2000), one(1, 600, 'refused', 2)];
  const good = [one(1, 300, 'ok', 9), one(1, 900, 'ok', 9), one(1, 1900, 'ok', 9)];
  t.is(recoverySeconds([...bad, ...good], 1, 1000, 2), 0.75);
  t.is(recoverySeconds(good, 1, 1000, 2), 0);
  t.is(recoverySeconds([one(1, 1800, 'closed', 9)], 1, 1000, 2), 2);
});

test('the load goes on while the server stalls, and counts from when a request was due', async (t) => {
  // Answers nothing for 150 ms, then everything: a client that waited for answers would have asked once.
  const stalledMs = 150;
  const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  let stalledUntil: number | undefined;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      // From the first request on, however late that comes.
      stalledUntil ??= performance.now() + stalledMs;
      setTimeout(() => socket.write(reply), Math.max(0, stalledUntil - performance.now()));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const report = await runOpenLoop({
    port: (server.address() as AddressInfo).port,
    target: '/',
    steps: [{ perSecond: 200, seconds: 0.3 }],
    recovery: { perSecond: 20, seconds: 0.1 },
    discardShare: 0,
    goodWithinMs: 1_000,
    giveUpAfterMs: 2_000,
    seed: 3,
  });
  server.close();
  t.true(report.requests > 30);
  t.deepEqual(report.errors, { closed: 0, other: 0 });
  t.true(report.latencyMs.max > stalledMs / 2);
});
