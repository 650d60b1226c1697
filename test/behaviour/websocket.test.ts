/** WebSockets by the ws package: an upgrade lends the connection to the thread that takes it. */
import test from 'ava';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { startHyperion } from '../helpers/hyperion-process.ts';

test('ws echoes text, binary and large messages, beside plain requests, until the server stops', async (t) => {
  const limits = ['--concurrency-per-thread', '1', '--graceful-timeout-ms', '1000'];
  const hyperion = await startHyperion(['--threads', '2', ...limits, 'test/fixtures/websocket.mjs']);
  const url = `${hyperion.origin.replace('http', 'ws')}/echo`;
  // More than there are places for requests: an upgraded connection must take none.
  const sockets = await Promise.all(Array.from({ length: 5 }, () => open(url)));
  const large = Buffer.alloc(1_000_000, 'x');
  for (const [index, socket] of sockets.entries()) {
    t.is(String(await echo(socket, `text ${index}`)), `text ${index}`);
    t.deepEqual(await echo(socket, Buffer.from([index, 0, 255])), Buffer.from([index, 0, 255]));
  }
  t.true(large.equals(await echo(sockets[0] as WebSocket, large)));
  t.is((await fetch(hyperion.origin)).status, 200, 'plain requests are served meanwhile');

  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
  t.is(await hyperion.stop(), 0, hyperion.output());
  await closed;
});

test('a path that ws does not take is refused', async (t) => {
  const hyperion = await startHyperion(['--threads', '1', 'test/fixtures/websocket.mjs']);
  const socket = new WebSocket(`${hyperion.origin.replace('http', 'ws')}/elsewhere`);
  const [error] = (await once(socket, 'error')) as [Error];
  t.is(error.message, 'Unexpected server response: 400');
  t.is(await hyperion.stop(), 0, hyperion.output());
});

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(message);
  return (await answer)[0];
}
