import test from 'ava';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { getBytes, KeepAliveClient } from '../../../bench/load/keep-alive-client.ts';

test('each answer is told apart, and a closed connection is opened anew for the next request', async (t) => {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  const busy = 'HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy';
  const answers = [ok, ok, busy, ok, undefined, ok, ok.slice(0, 20)];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.on('data', () => {
      const answer = answers.shift();
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
      // The rest comes as a piece of its own.
      if (answer?.length === 20) setImmediate(() => socket.write(ok.slice(20)));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new KeepAliveClient((server.address() as AddressInfo).port);
  await client.connected();
  const outcomes: string[] = [];
  for (let count = 0; count < 7; count += 1) outcomes.push((await client.ask(getBytes('/'))).outcome);
  client.destroy();
  server.close();
  t.deepEqual(outcomes, ['ok', 'ok', 'refused', 'ok', 'closed', 'ok', 'ok']);
  t.is(connections, 3);
});
