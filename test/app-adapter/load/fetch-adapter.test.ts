import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { toNodeListener } from '../../../src/app-adapter/load/fetch-adapter.ts';

interface Served {
  readonly port: number;
  readonly logs: Array<{ error: Error; message: string }>;
  /** One request over a connection of its own; what comes back, latin1. */
  raw(request: string): Promise<string>;
}

const serve = async (t: ExecutionContext, fetch: (request: Request) => unknown): Promise<Served> => {
  const logs: Served['logs'] = [];
  const app = { fetch: fetch as (request: Request) => Response };
  const listener = toNodeListener(
    app,
    (_, fields, message) => void logs.push({ error: fields['err'] as Error, message }),
  );
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const raw = (request: string): Promise<string> => {
    const socket = net.connect(port, '127.0.0.1');
    socket.write(request);
    return text(socket.setEncoding('latin1'));
  };
  return { port, logs, raw };
};

const GET = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';

test('text has a length, headers stay lines of their own', async (t) => {
  const { raw } = await serve(
    t,
    () =>
      new Response('hi', {
        status: 203,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['x-a', 'b'],
        ],
      }),
  );
  const reply = await raw(GET);
  t.regex(reply, /^HTTP\/1\.1 203 Non-Authoritative Information\r\n/);
  for (const line of [
    'set-cookie: a=1',
    'set-cookie: b=2',
    'x-a: b',
    'content-length: 2',
    'content-type: text/plain;charset=UTF-8',
  ]) {
    t.true(reply.includes(`\r\n${line}\r\n`), line);
  }
  t.true(reply.endsWith('\r\n\r\nhi'));
});

const urls: ReadonlyArray<[title: string, head: string, url: string]> = [
  ['host and target', 'GET /a?b=c HTTP/1.1\r\nhost: example.org:8080', 'http://example.org:8080/a?b=c'],
  ['no host in HTTP/1.0', 'GET /a HTTP/1.0', 'http://localhost/a'],
  ['a target that looks like a host', 'GET //evil/a HTTP/1.1\r\nhost: a', 'http://a//evil/a'],
  ['an absolute target', 'GET http://b/c HTTP/1.1\r\nhost: a', 'http://b/c'],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: a', 'http://a/*'],
];
for (const [title, head, url] of urls) {
  test(`the url from ${title}`, async (t) => {
    const { raw } = await serve(t, (request) => new Response(request.url));
    t.true((await raw(`${head}\r\nconnection: close\r\n\r\n`)).endsWith(`\r\n\r\n${url}`));
  });
}

test('what is no url is 400, what fetch has no Request for is 501', async (t) => {
  const { raw } = await serve(t, () => t.fail('the app was asked'));
  t.regex(await raw('GET / HTTP/1.1\r\nhost: a b\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nBad Request$/);
  t.regex(await raw('TRACE / HTTP/1.1\r\nhost: a\r\n\r\n'), /^HTTP\/1\.1 501 Not Implemented\r\n/);
});

test('request headers arrive, repeated ones joined', async (t) => {
  const { raw } = await serve(t, ({ headers }) =>
    Response.json([headers.get('x-a'), headers.get('cookie'), headers.get('x-l')]),
  );
  const reply = await raw(
    'GET / HTTP/1.1\r\nhost: a\r\nX-A: 1\r\nx-a: 2\r\ncookie: c=1\r\ncookie: d=2\r\nx-l: \xe4\r\nconnection: close\r\n\r\n',
  );
  t.true(reply.includes('["1, 2","c=1; d=2",'));
});

test('a body streams through, in chunks and with back-pressure', async (t) => {
  const { port } = await serve(t, (request) => new Response(request.body));
  const request = http.request({ port, method: 'POST' });
  const sent = Buffer.alloc(3_000_000, 'abcdefg');
  request.end(sent);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  t.is(response.headers['transfer-encoding'], 'chunked');
  const received = Buffer.concat(await response.toArray());
  t.true(received.equals(sent));
});

test('nothing of a body is read before it is asked for', async (t) => {
  let req: http.IncomingMessage | undefined;
  const app = {
    fetch: async (request: Request): Promise<Response> => {
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      t.false(req?.readableDidRead);
      return new Response(await request.text());
    },
  };
  const listener = toNodeListener(app, () => t.fail());
  const server = http.createServer((request, response) => {
    req = request;
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    method: 'PUT',
    body: 'asked for',
  });
  t.is(await response.text(), 'asked for');
  server.close();
  server.closeAllConnections();
});

const unread = ['nothing', 'one chunk'] as const;
for (const read of unread) {
  test(`a body of which ${read} was read does not hold up the next request`, async (t) => {
    const { port } = await serve(t, async (request) => {
      if (read === 'one chunk' && request.body !== null) await request.body.getReader().read();
      return new Response(request.method);
    });
    const socket = net.connect(port, '127.0.0.1');
    const body = 'x'.repeat(400_000);
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}${GET}`);
    const received = await text(socket.setEncoding('latin1'));
    t.is(received.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    t.true(received.endsWith('\r\n\r\nGET'));
  });
}

test('GET has no body even if one was sent', async (t) => {
  const { raw } = await serve(t, (request) => Response.json(request.body));
  t.true(
    (await raw('GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx')).endsWith(
      '\r\n\r\nnull',
    ),
  );
});

test('HEAD has the head of the reply and lets go of its body', async (t) => {
  let isCancelled = false;
  const { raw } = await serve(t, ({ url }) =>
    new URL(url).pathname === '/text'
      ? new Response('four')
      : new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }), {
          headers: { 'content-length': '9' },
        }),
  );
  const known = await raw('HEAD /text HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  t.true(known.includes('content-length: 4\r\n') && known.endsWith('\r\n\r\n'));
  const stream = await raw('HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  t.true(stream.includes('content-length: 9\r\n') && stream.endsWith('\r\n\r\n'));
  t.true(isCancelled);
});

test('an event stream sends its head before its first event', async (t) => {
  const { promise, resolve } = withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const { port } = await serve(
    t,
    () =>
      new Response(new ReadableStream<Uint8Array>({ start: resolve }), {
        headers: { 'content-type': 'text/event-stream' },
      }),
  );
  const request = http.get({ port });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  t.is(response.headers['content-type'], 'text/event-stream');
  (await promise).enqueue(Buffer.from('data: 1\n\n'));
  t.is(String((await once(response, 'data'))[0]), 'data: 1\n\n');
  (await promise).close();
  await once(response, 'end');
});

const signals: ReadonlyArray<[title: string, signalOf: (request: Request) => AbortSignal]> = [
  ['signal', (request) => request.signal],
  ['signal of a clone', (request) => request.clone().signal],
  ['signal of a request made from it', (request) => new Request('http://b/', request).signal],
];
for (const [title, signalOf] of signals) {
  test(`a client that leaves aborts the ${title}`, async (t) => {
    const { promise: aborted, resolve } = withResolvers<void>();
    const { promise: asked, resolve: ask } = withResolvers<void>();
    const { port, logs } = await serve(t, async (request) => {
      t.true(request instanceof Request);
      const signal = signalOf(request);
      signal.addEventListener('abort', () => resolve());
      ask();
      await aborted;
      throw signal.reason;
    });
    const request = http.get({ port }).on('error', () => {});
    await asked;
    request.destroy();
    await aborted;
    await new Promise((settle) => setImmediate(settle));
    t.deepEqual(logs, [], "that is nobody's failure");
  });
}

test('a client that leaves while the reply streams cancels the source', async (t) => {
  const { promise: cancelled, resolve } = withResolvers<unknown>();
  const { port, logs } = await serve(t, () => new Response(new ReadableStream({ cancel: resolve })));
  const request = http.get({ port }).on('error', () => {});
  await once(request, 'response');
  request.destroy();
  await cancelled;
  t.deepEqual(logs, []);
});

test('a slow client stops the source: back-pressure', async (t) => {
  const tooMany = 1000;
  let pulled = 0;
  const chunk = Buffer.alloc(65_536);
  const { port } = await serve(
    t,
    () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            pulled += 1;
            if (pulled < tooMany) controller.enqueue(chunk);
            else controller.close();
          },
        }),
      ),
  );
  const request = http.get({ port }).on('error', () => {});
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.pause();
  // Until the kernel has been full for many turns of the loop.
  for (let quietTurns = 0, before = pulled; quietTurns < 200; quietTurns = pulled === before ? quietTurns + 1 : 0) {
    before = pulled;
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.true(pulled < tooMany);
  request.destroy();
});

test('a request does not abort because it is over', async (t) => {
  let signal: AbortSignal | undefined;
  const { raw } = await serve(t, (request) => {
    signal = request.signal;
    return new Response('x');
  });
  await raw(GET);
  t.false(signal?.aborted);
});

const failures: ReadonlyArray<[title: string, fetch: () => unknown, message: RegExp]> = [
  [
    'throws',
    () => {
      throw new Error('boom');
    },
    /^boom$/,
  ],
  ['rejects', () => Promise.reject(new Error('boom')), /^boom$/],
  ['answers nothing', () => undefined, /Expected the handler of GET \/ to return a Response/],
];
for (const [title, fetch, message] of failures) {
  test(`an app that ${title} gives 500 and a log line`, async (t) => {
    const { raw, logs } = await serve(t, fetch);
    t.regex(await raw(GET), /^HTTP\/1\.1 500 Internal Server Error\r\n[^]*\r\n\r\nInternal Server Error$/);
    t.is(logs.length, 1);
    t.regex(logs[0]?.error.message ?? '', message);
  });
}

test('a stream that fails cuts the reply and is logged once', async (t) => {
  const { raw, logs } = await serve(
    t,
    () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setImmediate(resolve));
            controller.error(new Error('broken'));
          },
        }),
      ),
  );
  t.false((await raw(GET)).endsWith('0\r\n\r\n'));
  t.deepEqual(
    logs.map(({ error }) => error.message),
    ['broken'],
  );
});

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
