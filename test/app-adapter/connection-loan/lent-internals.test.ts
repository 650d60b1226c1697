/** The undocumented names of Node that lent connections need: on a Node that lacks one, this fails. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { isPausedByServer, parserOf, queuedBytes, tracksConnections } from '../../../src/app-adapter/node-internals.ts';

test("a server's list of connections, its parser and its pauses are found", async (t) => {
  const server = http.createServer((req, res) => {
    // More than the kernel takes while the client reads nothing.
    if (req.url === '/large') res.write(Buffer.alloc(30_000_000));
  });
  t.false(tracksConnections(server));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.true(tracksConnections(server));
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.pause();
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const parser = parserOf(socket);
  t.is(typeof parser?.execute, 'function');
  t.is(parser?.incoming, null);
  t.is(queuedBytes(socket), 0);
  t.false(isPausedByServer(socket));
  client.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
  const [request] = (await once(server, 'request')) as [unknown];
  t.true(parser?.incoming === request);
  while (queuedBytes(socket) === 0) await new Promise(setImmediate);
  t.true(socket.writableNeedDrain);
  // Node's server pauses a connection whose next request comes while a reply is blocked.
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(server, 'request');
  t.true(isPausedByServer(socket));
});
