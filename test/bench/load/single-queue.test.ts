import test from 'ava';
import { simulateLightRequests, simulateSingleQueue } from '../../../bench/load/single-queue.ts';

const options = { clients: 1, servers: 1, seconds: 10, thinkMs: [5, 5], lightMs: 2, heavyMs: 50, seed: 1 } as const;

test('a client alone never waits', (t) => {
  const light = simulateSingleQueue({ ...options, heavyShare: 0 });
  t.is(Math.round(light.max * 1000), 2000);
});

test('light requests wait for heavy ones where there is one server, and less where there are many', (t) => {
  const crowd = { ...options, clients: 8, heavyShare: 0.1 };
  const one = simulateSingleQueue(crowd);
  const eight = simulateSingleQueue({ ...crowd, servers: 8 });
  t.true(one.p90 > 50);
  t.is(Math.round(eight.max * 1000), 2000);
});

test('light requests come in order, each with when it was asked, the same for the same seed', (t) => {
  const crowd = { ...options, clients: 8, heavyShare: 0.1 };
  const requests = simulateLightRequests(crowd);
  t.true(requests.length > 100);
  t.true(requests.every(({ atMs }, index) => atMs >= (requests[index - 1]?.atMs ?? 0) && atMs <= 10_000));
  t.deepEqual(simulateLightRequests(crowd), requests);
  t.notDeepEqual(simulateLightRequests({ ...crowd, seed: 2 }), requests);
});
