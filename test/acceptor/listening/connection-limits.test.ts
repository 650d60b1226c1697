import test from 'ava';
import { ConnectionLimits } from '../../../src/acceptor/listening/connection-limits.ts';
import { SERVER_BUSY } from '../../../src/shared/replies.ts';
import { AcceptorByHand, answer, get, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

test('so many at once, and another when one has gone', (t) => {
  const limits = new ConnectionLimits(2, 0);
  t.is(limits.tryAcquire(undefined), undefined);
  t.is(limits.tryAcquire('1.2.3.4'), undefined);
  t.is(limits.tryAcquire(undefined), 'maxConnections');
  limits.release(undefined);
  t.is(limits.tryAcquire(undefined), undefined);
  t.is(limits.open, 2);
});

test('so many of one address; others are not concerned', (t) => {
  const limits = new ConnectionLimits(Number.POSITIVE_INFINITY, 2);
  for (const ip of ['1.1.1.1', '1.1.1.1', '2.2.2.2']) t.is(limits.tryAcquire(ip), undefined);
  t.is(limits.tryAcquire('1.1.1.1'), 'maxConnectionsPerIp');
  t.is(limits.open, 3, 'a refused one holds nothing');
  limits.release('1.1.1.1');
  t.is(limits.tryAcquire('1.1.1.1'), undefined);
  t.is(limits.tryAcquire(undefined), undefined, 'a Unix socket has no address');
});

test('off: nobody is counted by address', (t) => {
  const limits = new ConnectionLimits(Number.POSITIVE_INFINITY, 0);
  t.false(limits.isPerIp);
  for (let nth = 0; nth < 100; nth += 1) t.is(limits.tryAcquire('1.1.1.1'), undefined);
});

/** Connects from another address of this machine. */
const connectFrom = (port: number, localAddress: string): RawConnection => new RawConnection(port, localAddress);

const isBusy = async (client: RawConnection): Promise<boolean> => {
  client.request('');
  const { head, body } = await client.response();
  await client.closed();
  return head + body.toString() === SERVER_BUSY.text;
};

test('maxConnections: one more gets the 503 and is closed; it serves on, and admits when one has left', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxConnections: 2 });
  const thread = byHand.addThread();
  const [one, other] = [new RawConnection(byHand.port), new RawConnection(byHand.port)];
  await byHand.open(2);
  t.true(await isBusy(new RawConnection(byHand.port)), 'without having asked');
  const asking = new RawConnection(byHand.port);
  asking.send(get());
  t.true(await isBusy(asking), 'with a request on its way');
  t.is(byHand.counters.rejected.maxConnections, 2);
  for (const client of [one, other]) {
    client.request(get());
    answer(await thread.nextRequest());
    t.is((await client.response()).status, 200);
  }
  await one.leave('close');
  await byHand.open(1);
  const next = new RawConnection(byHand.port);
  next.request(get());
  answer(await thread.nextRequest());
  t.is((await next.response()).status, 200);
  t.is(byHand.counters.rejected.maxConnections, 2);
});

test('maxConnectionsPerIp: only that address is refused', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxConnectionsPerIp: 1 });
  const thread = byHand.addThread();
  const one = connectFrom(byHand.port, '127.0.0.1');
  await byHand.open(1);
  t.true(await isBusy(connectFrom(byHand.port, '127.0.0.1')));
  const other = connectFrom(byHand.port, '127.0.0.2');
  for (const client of [one, other]) {
    client.request(get());
    answer(await thread.nextRequest());
    t.is((await client.response()).status, 200);
  }
  t.is(byHand.counters.rejected.maxConnectionsPerIp, 1);
  await one.leave('close');
  await untilSo(() => byHand.acceptor.connections.table.size === 1);
  const again = connectFrom(byHand.port, '127.0.0.1');
  again.request(get());
  answer(await thread.nextRequest());
  t.is((await again.response()).status, 200);
});

test('those that are being told hold no place, however many they are', async (t) => {
  const byHand = await AcceptorByHand.start(t, { maxConnections: 1 });
  const first = new RawConnection(byHand.port);
  await byHand.open(1);
  const refused = Array.from({ length: 20 }, () => new RawConnection(byHand.port));
  for (const client of refused) {
    client.request('');
    t.is((await client.response()).status, 503);
  }
  await first.leave('close');
  await untilSo(() => byHand.acceptor.connections.limits.open === 0);
  const next = new RawConnection(byHand.port);
  await untilSo(() => byHand.acceptor.connections.limits.open === 1);
  await next.leave('close');
  t.is(byHand.counters.rejected.maxConnections, 20);
});
