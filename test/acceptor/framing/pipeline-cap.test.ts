/** `maxInFlightPerConnection` on a real acceptor; the threads are played by hand. */
import test from 'ava';
import { CONNECTION_BUSY } from '../../../src/shared/replies.ts';
import { AcceptorByHand, ANSWER, answer, get, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const CAP = 'maxInFlightPerConnection';

/** Sends so many at once, each with its number as target. */
const pipeline = (client: RawConnection, count: number, first = 1, headers = ''): void => {
  for (let nth = 0; nth < count; nth += 1) client.request(get(`/${first + nth}`, headers));
};

const statuses = async (client: RawConnection, count: number): Promise<number[]> => {
  await client.response(count);
  return client.responses.map(({ status }) => status);
};

test('those beyond it get their 503 in their place, and the connection lives on', async (t) => {
  const byHand = await AcceptorByHand.start(t, { [CAP]: 2 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.socket.cork();
  pipeline(client, 5);
  client.socket.uncork();

  const first = await thread.nextRequest();
  await untilSo(() => (byHand.connection.buffer?.length ?? 0) === 4 * get('/2').length);
  t.is(client.responses.length, 0, 'no answer before its turn');
  answer(first);
  const second = await thread.nextRequest();
  t.regex(second.text, /^GET \/2 /);
  answer(second);
  t.deepEqual(await statuses(client, 5), [200, 200, 503, 503, 503]);
  const refusal = client.responses[2];
  t.is(refusal?.body.toString('latin1'), 'per-connection overload, retry\n');
  t.is(refusal?.headers.get('retry-after'), '1');
  t.is(refusal?.headers.get('connection'), undefined);
  t.is(byHand.counters.refused[CAP], 3);
  t.is(byHand.pending, 0);

  // It serves on, and counts anew.
  pipeline(client, 2, 6);
  answer(await thread.nextRequest());
  answer(await thread.nextRequest());
  t.deepEqual(await statuses(client, 7), [200, 200, 503, 503, 503, 200, 200]);
  t.is(byHand.counters.refused[CAP], 3);
});

test('is said once for a connection', async (t) => {
  const byHand = await AcceptorByHand.start(t, { [CAP]: 1 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  for (const [round, answered] of [3, 6].entries()) {
    pipeline(client, 3);
    const taken = await thread.nextRequest();
    await untilSo(() => byHand.connection.buffer?.length === 2 * get('/1').length);
    answer(taken);
    t.deepEqual((await statuses(client, answered)).slice(3 * round), [200, 503, 503]);
  }
  t.deepEqual(
    byHand.logs.map(({ level, fields }) => ({ level, fields })),
    [{ level: 'warn', fields: { remoteAddress: '127.0.0.1', [CAP]: 1 } }],
  );
});

test('is of the instant at which a request came: one that came when there was room is served', async (t) => {
  const byHand = await AcceptorByHand.start(t, { [CAP]: 1 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  for (let nth = 1; nth <= 3; nth += 1) {
    pipeline(client, 1, nth);
    answer(await thread.nextRequest());
    t.is((await client.response(nth)).status, 200);
  }
  t.is(byHand.counters.refused[CAP], 0);
});

test('one that came in pieces, and what came while a refusal was written', async (t) => {
  const byHand = await AcceptorByHand.start(t, { [CAP]: 1 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  pipeline(client, 1);
  const first = await thread.nextRequest();
  client.request(get('/2') + get('/3').slice(0, 10));
  await untilSo(() => (byHand.connection.buffer?.length ?? 0) > 0);
  answer(first);
  t.is((await client.response(2)).status, 503);
  client.request(get('/3').slice(10));
  answer(await thread.nextRequest());
  t.deepEqual(await statuses(client, 3), [200, 503, 200]);
});

test('a refused request that asks for the close gets it, HEAD no body', async (t) => {
  const byHand = await AcceptorByHand.start(t, { [CAP]: 1 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1') + get('/2').replace('GET', 'HEAD') + get('/3', 'Connection: close\r\n'));
  const taken = await thread.nextRequest();
  await untilSo(() => (byHand.connection.buffer?.length ?? 0) > 0);
  client.request('', 'HEAD');
  client.request('');
  answer(taken);
  await client.closed();
  t.deepEqual(
    client.responses.map(({ status, body }) => [status, body.length]),
    [
      [200, 2],
      [503, 0],
      [503, CONNECTION_BUSY.text.split('\r\n\r\n')[1]?.length],
    ],
  );
  t.is(client.responses[2]?.headers.get('connection'), 'close');
  t.is(client.error, undefined);
});

test('a client that has closed its side gets the answers to all', async (t) => {
  const byHand = await AcceptorByHand.start(t, { [CAP]: 2 });
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  pipeline(client, 4);
  client.socket.end();
  answer(await thread.nextRequest());
  answer(await thread.nextRequest());
  await client.closed();
  t.deepEqual(
    client.responses.map(({ status }) => status),
    [200, 200, 503, 503],
  );
  await byHand.open(0);
});

test('off: a client may pipeline as much as it wants', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  pipeline(client, 300);
  for (let nth = 0; nth < 300; nth += 1) answer(await thread.nextRequest());
  await client.response(300);
  t.true(client.responses.every(({ status, body }) => status === 200 && ANSWER.endsWith(body.toString())));
  t.is(byHand.counters.refused[CAP], 0);
});
