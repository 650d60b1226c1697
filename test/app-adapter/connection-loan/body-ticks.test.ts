import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { tickAfterBodyPieces } from '../../../src/app-adapter/connection-loan/body-ticks.ts';
import { afterBodyPieces } from '../../../src/app-adapter/node-internals.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab';

/** Sends one request, and says whether it was complete in the tick after its body's only piece. */
const completeInTick = async (
  t: ExecutionContext,
  server: http.Server,
  prepare: (socket: net.Socket) => void,
): Promise<boolean> => {
  server.once('connection', prepare);
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => client.destroy());
  client.write(POST);
  const [req, res] = (await once(server, 'request')) as [http.IncomingMessage, http.ServerResponse];
  await once(req, 'data');
  const { complete } = req;
  res.end();
  client.resume();
  await once(client, 'close');
  return complete;
};

/** A listener on the socket makes node call the parser from JavaScript. */
const listen = (socket: net.Socket): void => void socket.on('data', () => {});

test.serial('ticks run between a body and its end only on a socket that asked for them', async (t) => {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  t.true(await completeInTick(t, server, listen));
  const asked = (socket: net.Socket): void => {
    listen(socket);
    tickAfterBodyPieces(socket);
  };
  t.false(await completeInTick(t, server, asked));
  t.false(await completeInTick(t, server, asked));
  // The same parser, for a connection that did not ask.
  t.true(await completeInTick(t, server, listen));
});

test('a socket without a parser is left alone', (t) => {
  t.false(afterBodyPieces(new net.Socket(), () => t.fail()));
});
