/** How the fault bench's client says that its request, or its connection, ended. Against real sockets. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { LightClient, type Answer, type Over } from '../../../bench/faults/light-client.ts';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
const PATIENCE_MS = 5_000;

const serve = async (t: ExecutionContext, answer: (socket: Socket) => void): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
};

interface Told {
  readonly answer: Answer;
  readonly over: Over | undefined;
}

/** `over` is looked at when the connection has ended; undefined if it lives on. */
const askOnce = async (t: ExecutionContext, port: number, giveUpAfterMs = PATIENCE_MS): Promise<Told> => {
  let over: Over | undefined;
  const client = new LightClient(port, (how) => (over = how));
  t.teardown(() => client.destroy());
  const answer = await new Promise<Answer>((resolve) => client.ask(REQUEST, giveUpAfterMs, resolve));
  return { answer, over };
};

const reply = (status: string, body: string, headers = ''): string =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

test('an answer, in pieces too; the connection is free again', async (t) => {
  const text = reply('200 OK', 'light\n');
  const port = await serve(t, (socket) => {
    socket.write(text.slice(0, 30));
    setImmediate(() => socket.write(text.slice(30)));
  });
  const client = new LightClient(port, () => {});
  t.teardown(() => client.destroy());
  t.deepEqual(await new Promise((resolve) => client.ask(REQUEST, PATIENCE_MS, resolve)), {
    ending: 'answered',
    status: '200',
  });
  t.true(client.isFree);
});

test('the reason of a 503 is part of its status', async (t) => {
  const text = reply('503 Service Unavailable', '{"error":"thread_failed"}\n');
  const { answer } = await askOnce(t, await serve(t, (socket) => void socket.write(text)));
  t.deepEqual(answer, { ending: 'answered', status: '503 thread_failed' });
});

test('closed, reset and cut are told apart', async (t) => {
  const closes = await askOnce(t, await serve(t, (socket) => void socket.end()));
  t.deepEqual(closes, { answer: { ending: 'closed', status: '' }, over: 'closed' });
  const resets = await askOnce(t, await serve(t, (socket) => void socket.resetAndDestroy()));
  t.deepEqual(resets, { answer: { ending: 'reset', status: '' }, over: 'reset' });
  const cuts = await askOnce(t, await serve(t, (socket) => void socket.end(reply('200 OK', 'light\n').slice(0, -2))));
  t.is(cuts.answer.ending, 'cut');
});

test('no answer in time, and no server', async (t) => {
  const silent = await askOnce(t, await serve(t, () => {}), 20);
  t.is(silent.answer.ending, 'given-up');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const { answer, over } = await askOnce(t, port);
  t.is(answer.ending, 'unconnected');
  t.is(over, 'unconnected');
});

test('an announced close is no loss', async (t) => {
  const port = await serve(t, (socket) => void socket.end(reply('200 OK', 'light\n', 'Connection: close\r\n')));
  const over = await new Promise<Over>((resolve) => {
    const client = new LightClient(port, resolve);
    client.ask(REQUEST, PATIENCE_MS, () => {});
  });
  t.is(over, 'announced');
});
