/** Direct routes through the whole server, on request loans and on connection loans. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { type ServerUnderTest, startServer, untilSo } from '../helpers/server-under-test.ts';

const test = anyTest.serial as TestFn<ServerUnderTest>;

test.before(async (t) => {
  t.context = await startServer('direct.mjs', { threadCount: 1 });
});
test.after.always((t) => t.context.server.stop({ gracefulTimeoutMs: 0 }));

/** One request on a connection of its own, whose end it asks for; all that comes back, the date replaced. */
const exchange = async (t: ExecutionContext<ServerUnderTest>, request: string): Promise<string> => {
  const socket = net.connect(t.context.port, '127.0.0.1');
  socket.write(request, 'latin1');
  const received = await text(socket.setEncoding('latin1'));
  return received.replaceAll(/date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/gi, (line) => `${line.slice(0, 6)}now`);
};

const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'Host: a', ...headers, 'Connection: close', '', ''].join('\r\n');

/** Makes the acceptor lend the connection: no simple request expects anything odd of its peer. */
const LENT = 'TE: trailers';

for (const [loan, ...odd] of [['request loan'], ['connection loan', LENT]] as const) {
  test(`${loan}: the bytes of a static route`, async (t) => {
    const expected =
      'HTTP/1.1 200 OK\r\nServer: Hyperion\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n' +
      'Connection: close\r\nDate: now\r\n\r\n';
    t.is(await exchange(t, head('GET /static?a=b', ...odd)), `${expected}hello`);
    t.is(await exchange(t, head('HEAD /static', ...odd)), expected);
  });

  test(`${loan}: a dynamic route, its HEAD twin, and the app behind them`, async (t) => {
    const reply = await exchange(t, head('GET /dynamic?a=b', ...odd));
    t.regex(reply, /^HTTP\/1\.1 200 OK\r\nx-query: a=b\r\ncontent-length: 7\r\n/);
    t.true(reply.endsWith('\r\n\r\ndynamic'));
    t.regex(await exchange(t, head('HEAD /dynamic', ...odd)), /content-length: 7\r\n[^]*\r\n\r\n$/);
    t.regex(await exchange(t, head('POST /dynamic', ...odd)), /app POST \/dynamic/);
  });

  test(`${loan}: a body comes in and goes out`, async (t) => {
    const body = 'x'.repeat(20_000);
    for (const path of ['/echo', '/pipe']) {
      const reply = await exchange(t, head(`POST ${path}`, `Content-Length: ${body.length}`, ...odd) + body);
      t.true(reply.includes(body), path);
    }
  });

  test(`${loan}: a handler that throws gives the server's own 500`, async (t) => {
    const reply = await exchange(t, head('GET /broken', ...odd));
    t.regex(reply, /^HTTP\/1\.1 500 Internal Server Error\r\n/);
    t.regex(reply, /\r\ncontent-type: text\/plain\r\ncontent-length: 21\r\n/);
    t.true(reply.endsWith('\r\n\r\nInternal Server Error'));
    t.false(/date/i.test(reply));
  });

  test(`${loan}: replies larger than the kernel takes at once arrive whole`, async (t) => {
    for (const [path, length, byte] of [
      ['/large', 8_000_000, 97],
      ['/stream', 10_000_000, 98],
    ] as const) {
      const headers: Record<string, string> = odd.length === 0 ? {} : { te: 'trailers' };
      const request = http.get({ port: t.context.port, path, headers });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const received = Buffer.concat(await response.toArray());
      t.is(received.length, length, path);
      t.true(
        received.every((value) => value === byte),
        path,
      );
    }
  });

  test(`${loan}: a client that leaves ends the handler's stream`, async (t) => {
    const told = async (): Promise<string> => text(await get(t, '/told'));
    const before = JSON.parse(await told()) as { aborted: number; cancelled: number };
    const headers: Record<string, string> = odd.length === 0 ? {} : { te: 'trailers' };
    const request = http.get({ port: t.context.port, path: '/events', headers }).on('error', () => {});
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    t.is(String((await once(response, 'data'))[0]), 'data: 1\n\n');
    request.destroy();
    await t.context.atRest();
    t.deepEqual(JSON.parse(await told()), { aborted: before.aborted + 1, cancelled: before.cancelled + 1 });
  });

  test(`${loan}: a handler that never ends is let go when its client leaves`, async (t) => {
    const { server, atRest } = t.context;
    const headers: Record<string, string> = odd.length === 0 ? {} : { te: 'trailers' };
    const request = http.get({ port: t.context.port, path: '/never', headers }).on('error', () => {});
    await untilSo(
      () => server.stats().running === 1,
      () => 'Not running',
      5_000,
    );
    request.destroy();
    await atRest();
    t.is(server.stats().running, 0);
  });
}

const get = async (t: ExecutionContext<ServerUnderTest>, path: string): Promise<http.IncomingMessage> => {
  const request = http.get({ port: t.context.port, path, agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return response;
};

test('a pipeline of routes and app is answered in order', async (t) => {
  const line = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const reply = await exchange(t, line('/static') + line('/a') + line('/dynamic') + line('/b') + head('GET /static'));
  const bodies = reply.match(/hello|app GET \/[ab]|\r\ndynamic/g);
  t.deepEqual(bodies, ['hello', 'app GET /a', '\r\ndynamic', 'app GET /b', 'hello']);
  t.is(reply.match(/Connection: keep-alive/gi)?.length, 4);
});

test('HTTP/1.0 is answered by close, a stream without chunks', async (t) => {
  t.regex(await exchange(t, 'GET /static HTTP/1.0\r\n\r\n'), /Connection: close\r\nDate: now\r\n\r\nhello$/);
  const stream = await exchange(t, 'GET /stream HTTP/1.0\r\n\r\n');
  t.false(/transfer-encoding|content-length/i.test(stream.slice(0, 500)));
  t.is(stream.length - stream.indexOf('\r\n\r\n') - 4, 10_000_000);
});

test('a chunked body reaches its route', async (t) => {
  const request = head('POST /echo', 'Transfer-Encoding: chunked');
  t.regex(await exchange(t, `${request}3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n`), /\r\n\r\nonetwo$/);
});
