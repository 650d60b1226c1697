/** Sleeps that gather requests: when they are worth while, and that nothing is lost by them. */
import test from 'ava';
import { Coalescing, type Flow, isWorthSleeping, type Throughput } from '../../../src/acceptor/lending/coalescing.ts';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { AcceptorByHand, answer, get, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const busy: Flow = { pending: 50, comePerMs: 40, takenPerMs: 40 };

test('worth while: many wait, many come', (t) => {
  t.true(isWorthSleeping(busy));
  t.true(isWorthSleeping({ ...busy, pending: 17 }));
});

test('not where few wait, however busy it is', (t) => {
  t.false(isWorthSleeping({ ...busy, pending: 15, takenPerMs: 1 }));
});

test('not where few come: heavy requests are read at once', (t) => {
  t.false(isWorthSleeping({ pending: 500, comePerMs: 2, takenPerMs: 2 }));
});

test('not where the threads could have taken most of it before the end', (t) => {
  t.false(isWorthSleeping({ pending: 50, comePerMs: 150, takenPerMs: 150 }));
  t.true(isWorthSleeping({ pending: 200, comePerMs: 150, takenPerMs: 150 }));
});

/** Asks as often as a load of short requests would, with counts that go up by themselves. */
const runFor = async (ms: number, countsAt: (ms: number) => Throughput): Promise<number> => {
  let slept = 0;
  const start = performance.now();
  const coalescing = new Coalescing({
    libc: { sleep: () => (slept += 1) },
    hasPending: (limit) => countsAt(performance.now() - start).pending >= limit,
    throughput: () => countsAt(performance.now() - start),
  });
  while (performance.now() - start < ms) {
    coalescing.note();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return slept;
};

test.serial('it sleeps once it has seen for a while how requests come and go', async (t) => {
  t.true((await runFor(100, (ms) => ({ put: Math.floor(40 * ms), pending: 50, refused: 0 }))) > 0);
});

test.serial('the count of requests may go round', async (t) => {
  const put = (ms: number): number => (0x7fff_ff00 + Math.floor(40 * ms)) | 0;
  t.true((await runFor(100, (ms) => ({ put: put(ms), pending: 50, refused: 0 }))) > 0);
});

test.serial('it does not sleep while requests are refused: those are answered at once', async (t) => {
  t.is(await runFor(100, (ms) => ({ put: Math.floor(40 * ms), pending: 50, refused: Math.floor(ms) })), 0);
});

test.serial('an acceptor under a load of short requests sleeps, and each request is answered', async (t) => {
  const libc = loadLibc();
  let slept = 0;
  const sleep = (microseconds: number): void => {
    slept += 1;
    libc.sleep(microseconds);
  };
  const byHand = await AcceptorByHand.start(t, {}, {}, { sleep });
  const thread = byHand.addThread();
  const clients = Array.from({ length: 200 }, () => new RawConnection(byHand.port));
  await byHand.open(clients.length);
  let rounds = 0;
  for (; slept === 0 && rounds < 50; rounds += 1) {
    for (const client of clients) client.request(get());
    for (const _ of clients) answer(await thread.nextRequest());
    await untilSo(() => clients.every(({ responses }) => responses.length === rounds + 1));
  }
  t.true(slept > 0);
  t.true(clients.every(({ responses }) => responses.every(({ status }) => status === 200)));
  t.is(byHand.pending, 0);
});
