/** 503s to new connections while the server is full: given and closed without a socket, and whole all the same. */
import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { Connection } from '../../../src/acceptor/connection.ts';
import { SERVER_BUSY } from '../../../src/shared/replies.ts';
import { AcceptorByHand, get, post, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

/** Nothing waits, no thread is there: whoever asks is refused. */
const startFull = async (t: ExecutionContext): Promise<AcceptorByHand> => AcceptorByHand.start(t, { maxPending: 0 });

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

test.serial('the client gets it and the end, and is forgotten when it has ended', async (t) => {
  const byHand = await startFull(t);
  const before = openDescriptors();
  let unwatched = 0;
  // A request that comes later than its connection is waited for is a socket's: then another one is sent.
  for (let round = 0; round < 20 && unwatched === 0; round += 1) {
    const client = new RawConnection(byHand.port);
    client.request(get());
    await untilSo(() => byHand.counters.rejected.maxPending === round + 1);
    const connection = byHand.acceptor.connections.table.get(0) as Connection;
    const { head, body } = await client.response();
    t.is(head + body.toString(), SERVER_BUSY.text);
    await client.closed();
    await untilSo(() => byHand.acceptor.connections.table.size === 0);
    if (connection.isUnwatched) unwatched += 1;
  }
  t.is(unwatched, 1, 'no socket was needed');
  await untilSo(() => openDescriptors() === before);
});

test.serial('without a body for HEAD', async (t) => {
  const byHand = await startFull(t);
  const client = new RawConnection(byHand.port);
  client.request(get().replace('GET', 'HEAD'), 'HEAD');
  t.is((await client.response()).status, 503);
  await client.closed();
  t.is(client.bytesReceived, SERVER_BUSY.text.indexOf('\r\n\r\n') + 4);
});

test.serial('a client that sends on gets its 503 whole, however much it sends', async (t) => {
  const byHand = await startFull(t);
  const client = new RawConnection(byHand.port);
  client.request(get());
  await untilSo(() => byHand.counters.rejected.maxPending === 1);
  client.send(Buffer.alloc(1 << 20, 'x'));
  t.is((await client.response()).body.toString(), SERVER_BUSY.text.split('\r\n\r\n')[1] as string);
  await client.closed();
  await untilSo(() => byHand.acceptor.connections.table.size === 0);
});

test.serial('a body that is still on its way is read by a socket', async (t) => {
  const byHand = await startFull(t);
  const client = new RawConnection(byHand.port);
  const whole = post('/', 'x'.repeat(100_000));
  client.request(whole.slice(0, 50_000), 'POST');
  await untilSo(() => byHand.counters.rejected.maxPending === 1);
  t.false(byHand.acceptor.connections.table.get(0)?.isUnwatched);
  client.send(whole.slice(50_000));
  t.is((await client.response()).status, 503);
  await client.closed();
});

test.serial('a client that does not end is closed when its time is up, one that resets at once', async (t) => {
  const byHand = await startFull(t);
  const before = openDescriptors();
  const stays = new RawConnection(byHand.port);
  stays.socket.pause();
  stays.request(get());
  const resets = new RawConnection(byHand.port);
  resets.request(get());
  await untilSo(() => byHand.counters.rejected.maxPending === 2);
  resets.socket.resetAndDestroy();
  await untilSo(() => byHand.acceptor.connections.table.size === 1);
  t.is(byHand.acceptor.connections.table.size, 1);
  await untilSo(() => byHand.acceptor.connections.table.size === 0);
  stays.socket.destroy();
  await untilSo(() => openDescriptors() === before);
});
