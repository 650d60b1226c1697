/** The counts of a real acceptor and threads played by hand; server.test.ts has them of a whole server. */
import test from 'ava';
import { createStats } from '../src/server-stats.ts';
import { addUpgraded } from '../src/shared/memory/thread-line.ts';
import { AcceptorByHand, answer, get, untilSo } from './helpers/acceptor-by-hand.ts';
import { RawConnection } from './helpers/raw-connection.ts';

const ODD = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';

test('each count is of what it says', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const { memory, layout, acceptor } = byHand;
  const [one, other] = [byHand.addThread(), byHand.addThread()];
  const threads = [
    { threadNumber: 1, line: other.line, threadId: 12, generation: 0, state: 'serving' },
    { threadNumber: 0, line: one.line, threadId: 11, generation: 0, state: 'serving' },
    { threadNumber: 0, line: 3, threadId: 13, generation: 1, state: 'loaded' },
    { threadNumber: 2, line: 4, threadId: undefined, generation: 0, state: 'retiring' },
  ] as const;
  const stats = (): ReturnType<typeof createStats> => createStats(memory, layout, acceptor, threads, true);
  t.like(stats(), { pending: 0, running: 0, connections: 0, lent: 0, accepted: 0, served: 0 });
  t.like(stats(), { maxPending: 1024, fullRatePerSecond: undefined }, 'nothing is measured yet');

  const clients = [new RawConnection(byHand.port), new RawConnection(byHand.port), new RawConnection(byHand.port)];
  clients[0]?.request(get('/1'));
  const taken = await one.nextRequest();
  clients[1]?.request(ODD, 'POST');
  const lent = await one.nextConnection();
  clients[2]?.request(get('/2'));
  await untilSo(() => stats().pending === 1);
  other.sleep();
  t.like(stats(), { pending: 1, running: 2, connections: 3, lent: 1, accepted: 3 });
  one.wake();
  t.deepEqual(stats().threads, [
    { threadNumber: 0, threadId: 11, generation: 0, state: 'awake', running: 2, taken: 2, abandoned: 0 },
    { threadNumber: 0, threadId: 13, generation: 1, state: 'starting', running: 0, taken: 0, abandoned: 0 },
    { threadNumber: 1, threadId: 12, generation: 0, state: 'asleep', running: 0, taken: 0, abandoned: 0 },
    { threadNumber: 2, threadId: undefined, generation: 0, state: 'retiring', running: 0, taken: 0, abandoned: 0 },
  ]);
  acceptor.bells.ringOne();
  t.is(stats().threads[2]?.state, 'rung');
  t.true(stats().ready);
  addUpgraded(memory, layout, one.line, 1);
  t.is(stats().upgraded, 1);

  lent.loan.beginReply();
  t.is(stats().lent, 1, 'also within a reply');
  lent.loan.endReply();
  one.closeAdopted(lent.loan.fd);
  lent.loan.close();
  answer(taken);
  t.like(stats(), { running: 0, lent: 0 });
  one.die();
  t.is(stats().threads[0]?.running, 0);
  t.is(stats().threads[0]?.taken, 2, 'what was taken was taken');
});

test('what it gives does not change afterwards', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxPending: 0 });
  const before = createStats(byHand.memory, byHand.layout, byHand.acceptor, [], false);
  const client = new RawConnection(byHand.port);
  client.request(get());
  t.is((await client.response()).status, 503);
  t.is(before.rejected.maxPending, 0);
  t.like(before, { maxPending: 0, fullRatePerSecond: undefined }, 'a number is that number, and nothing is measured');
  t.is(createStats(byHand.memory, byHand.layout, byHand.acceptor, [], false).rejected.maxPending, 1);
});
