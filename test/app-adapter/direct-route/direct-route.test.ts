import { Readable } from 'node:stream';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { DirectRequest, RouteHandler } from '../../../src/app-adapter/load/define-app.ts';
import { runDirectRoute } from '../../../src/app-adapter/direct-route/direct-route.ts';
import { askOnConnectionLoan, askOnRequestLoan, type Asker, errorsIn } from '../../helpers/direct-reply.ts';

/** Runs the test on both kinds of loan. */
const onBoth = (title: string, run: (t: ExecutionContext, ask: Asker) => Promise<void>): void => {
  test(`request loan: ${title}`, (t) => run(t, askOnRequestLoan));
  test(`connection loan: ${title}`, (t) => run(t, askOnConnectionLoan));
};

test('a plain reply: the bytes', async (t) => {
  const { text, keepAlive } = await askOnRequestLoan(() => ({
    status: 201,
    headers: { 'Content-Type': 'text/html', 'X-Many': ['a', 'b'], 'x-number': 5 },
    body: 'hällo',
  }));
  t.is(
    text,
    'HTTP/1.1 201 Created\r\ncontent-type: text/html\r\nx-many: a\r\nx-many: b\r\nx-number: 5\r\n' +
      `content-length: 6\r\nconnection: keep-alive\r\ndate: now\r\n\r\n${Buffer.from('hällo').toString('latin1')}`,
  );
  t.true(keepAlive);
});

test('head and body of a known reply are one Buffer, without a promise', (t) => {
  const route = { kind: 'dynamic', method: 'GET', path: '/', handler: () => ({ status: 200, body: 'x' }) } as const;
  const head = { method: 'GET', target: '/', isHttp10: false, rawHeaders: [], contentLength: 0, keepAlive: true };
  const parts = {
    head,
    body: undefined,
    addresses: { remoteAddress: undefined },
    signal: () => new AbortController().signal,
  };
  const reply = runDirectRoute(route, parts, () => t.fail());
  t.false(reply instanceof Promise);
  if (!(reply instanceof Promise)) t.is(reply.body, undefined);
});

onBoth('status, headers and body arrive', async (t, ask) => {
  const { status, headers, body, logs } = await ask(() => ({
    status: 404,
    headers: { 'set-cookie': ['a=1', 'b=2'], Vary: 'x', absent: undefined as never },
    body: 'no',
  }));
  t.is(status, 404);
  t.like(headers, { 'set-cookie': 'a=1 | b=2', vary: 'x', 'content-length': '2', date: 'now' });
  t.false('absent' in headers);
  t.is(body, 'no');
  t.deepEqual(logs, []);
});

const bodies: ReadonlyArray<
  [title: string, body: () => Exclude<ReturnType<RouteHandler>, Promise<unknown>>['body'], text: string]
> = [
  ['a string', () => 'text', 'text'],
  ['an empty string', () => '', ''],
  ['nothing', () => undefined, ''],
  ['a Uint8Array', () => new Uint8Array([104, 105]), 'hi'],
];
for (const [title, body, text] of bodies) {
  onBoth(`a body that is ${title} has a length`, async (t, ask) => {
    const answer = await ask(() => ({ status: 200, body: body() as string }));
    t.is(answer.body, text);
    t.is(answer.headers['content-length'], String(text.length));
    t.is(answer.headers['transfer-encoding'], undefined);
  });
}

const streams: ReadonlyArray<[title: string, body: () => AsyncIterable<string | Uint8Array>]> = [
  [
    'a generator',
    async function* () {
      yield 'one';
      yield '';
      yield Buffer.from('two');
    },
  ],
  ['a node stream', () => Readable.from(['one', 'two'])],
  ['a web stream', () => ReadableStream.from([Buffer.from('one'), Buffer.from('two')])],
];
for (const [title, body] of streams) {
  onBoth(`${title} goes in chunks`, async (t, ask) => {
    const answer = await ask(() => ({ status: 200, body: body() }));
    t.is(answer.body, 'onetwo');
    t.is(answer.headers['transfer-encoding'], 'chunked');
    t.is(answer.headers['content-length'], undefined);
    t.true(answer.text.endsWith('\r\n0\r\n\r\n'));
  });

  onBoth(`${title} to HTTP/1.0 ends with the connection`, async (t, ask) => {
    const answer = await ask(() => ({ status: 200, body: body() }), { version: '1.0' });
    t.is(answer.body, 'onetwo');
    t.is(answer.headers['transfer-encoding'], undefined);
    t.is(answer.headers['connection'], 'close');
    t.not(answer.keepAlive, true);
  });

  onBoth(`${title} keeps the length that the app declares`, async (t, ask) => {
    const answer = await ask(() => ({ status: 200, headers: { 'Content-Length': '6' }, body: body() }));
    t.is(answer.body, 'onetwo');
    t.is(answer.headers['content-length'], '6');
  });
}

const wrongLengths = [
  ['5', /longer than the content-length/],
  ['7', /1 bytes shorter/],
] as const;
for (const [declared, message] of wrongLengths) {
  onBoth(`a stream that breaks its declared length of ${declared} is cut`, async (t, ask) => {
    const body = (): ReadableStream<Uint8Array> => ReadableStream.from([Buffer.from('onetwo')]);
    const answer = await ask(() => ({ status: 200, headers: { 'content-length': declared }, body: body() }));
    const sent = answer.body.replace('<cut>', '');
    t.true(sent === '' || (declared === '7' && sent === 'onetwo'), sent);
    t.regex(errorsIn(answer.logs), message);
  });
}

onBoth('a stream that fails is cut and logged once', async (t, ask) => {
  const answer = await ask(() => ({
    status: 200,
    body: (async function* () {
      yield 'one';
      throw new Error('broken');
    })(),
  }));
  t.false(answer.text.endsWith('0\r\n\r\n'), 'the client must not take it for whole');
  t.is(answer.logs.length, 1);
  t.like(answer.logs[0], { message: 'direct route raised', fields: { method: 'GET', path: '/' } });
});

onBoth('a Response with text has a length', async (t, ask) => {
  const answer = await ask(() =>
    Response.json(
      { a: 1 },
      {
        status: 202,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      },
    ),
  );
  t.is(answer.status, 202);
  t.like(answer.headers, { 'content-type': 'application/json', 'content-length': '7', 'set-cookie': 'a=1 | b=2' });
  t.is(answer.body, '{"a":1}');
});

onBoth('a Response without a body', async (t, ask) => {
  const answer = await ask(() => Response.redirect('http://a/b', 302));
  t.is(answer.status, 302);
  t.like(answer.headers, { location: 'http://a/b', 'content-length': '0' });
});

onBoth('a Response that streams goes in chunks', async (t, ask) => {
  const slow = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve));
        controller.enqueue(Buffer.from('slow'));
        controller.close();
      },
    });
  const answer = await ask(() => new Response(slow()));
  t.is(answer.body, 'slow');
  t.is(answer.headers['transfer-encoding'], 'chunked');
});

onBoth('an async handler', async (t, ask) => {
  const answer = await ask(async () => ({ status: 200, body: await Promise.resolve('later') }));
  t.is(answer.body, 'later');
});

for (const status of [204, 304]) {
  onBoth(`${status} has neither body nor length`, async (t, ask) => {
    const answer = await ask(() => ({ status, headers: { 'content-length': '4' }, body: 'text' }));
    t.is(answer.status, status);
    t.is(answer.body, '');
    t.is(answer.headers['content-length'], undefined);
  });
}

onBoth('HEAD has the head of GET', async (t, ask) => {
  const handler: RouteHandler = ({ method }) => ({ status: 200, headers: { method }, body: 'text' });
  const answer = await ask(handler, { method: 'HEAD' });
  t.like(answer.headers, { method: 'HEAD', 'content-length': '4' });
  t.is(answer.body, '');
});

onBoth('HEAD may name a length without making the body', async (t, ask) => {
  const answer = await ask(() => ({ status: 200, headers: { 'content-length': '1000' } }), { method: 'HEAD' });
  t.is(answer.headers['content-length'], '1000');
  t.is(answer.body, '');
});

onBoth('HEAD lets go of a stream', async (t, ask) => {
  const { promise: cancelled, resolve } = withResolvers();
  const answer = await ask(() => new Response(new ReadableStream({ cancel: resolve })), { method: 'HEAD' });
  await cancelled;
  t.is(answer.body, '');
  t.is(answer.status, 200);
});

onBoth("what frames the reply is the server's, date may be the app's", async (t, ask) => {
  const answer = await ask(() => ({
    status: 200,
    headers: {
      Connection: 'upgrade',
      'Transfer-Encoding': 'gzip',
      'Content-Length': '99',
      Date: 'mine',
      'Keep-Alive': 'timeout=9',
    },
    body: 'text',
  }));
  t.like(answer.headers, { 'content-length': '4', date: 'mine' });
  t.is(answer.headers['transfer-encoding'], undefined);
  t.regex(answer.headers['connection'] ?? '', /^keep-alive$/i);
  t.not(answer.headers['keep-alive'], 'timeout=9');
});

onBoth('the app may ask to close', async (t, ask) => {
  const answer = await ask(() => ({ status: 200, headers: { connection: 'close' } }));
  t.is(answer.headers['connection'], 'close');
  t.not(answer.keepAlive, true);
});

onBoth('close is answered by close', async (t, ask) => {
  const answer = await ask(() => ({ status: 200 }), { headers: ['Connection', 'close'] });
  t.is(answer.headers['connection'], 'close');
  t.not(answer.keepAlive, true);
});

const failing: ReadonlyArray<[title: string, handler: RouteHandler, error: RegExp]> = [
  [
    'throws',
    () => {
      throw new Error('boom');
    },
    /^Error: boom$/,
  ],
  ['rejects', () => Promise.reject(new Error('boom')), /^Error: boom$/],
  [
    'returns nothing',
    (() => {}) as never,
    /Expected the handler of GET \/ to return a Response or \{ status, headers, body \}, got nothing/,
  ],
  ['resolves with text', (async () => 'text') as never, /got 'text' \(string\)/],
  ['forgets the status', (() => ({ body: 'x' })) as never, /got \{ body: 'x' \}/],
  ['has a status of 100', () => ({ status: 100 }), /got \{ status: 100 \}/],
  ['has a status of 2e3', () => ({ status: 2000 }), /got \{ status: 2000 \}/],
  ['has an object as body', (() => ({ status: 200, body: { a: 1 } })) as never, /got \{ status: 200, body/],
  ['has CR LF in a header', () => ({ status: 200, headers: { a: 'b\r\nc: d' } }), /reply header `a`.*without CR, LF/],
  ['has a header beyond latin1', () => ({ status: 200, headers: { a: 'ж' } }), /reply header `a`/],
  ['has an object as header', () => ({ status: 200, headers: { a: {} as never } }), /reply header `a`/],
  ['has a header name with a colon', () => ({ status: 200, headers: { 'a:b': 'c' } }), /reply header name .*'a:b'/],
  ['has CR LF in a header name', () => ({ status: 200, headers: { 'a\r\nb': 'c' } }), /reply header name/],
  [
    'returns a Response that was read',
    async () => {
      const response = new Response('x');
      await response.text();
      return response;
    },
    /locked|disturbed|Invalid state|already/i,
  ],
];
for (const [title, handler, message] of failing) {
  onBoth(`a handler that ${title} gives 500 and a log line`, async (t, ask) => {
    const answer = await ask(handler);
    t.is(answer.status, 500);
    t.is(answer.body, 'Internal Server Error');
    t.like(answer.headers, { 'content-type': 'text/plain', 'content-length': '21' });
    t.false('date' in answer.headers);
    t.is(answer.logs.length, 1);
    t.like(answer.logs[0], { message: 'direct route raised', fields: { method: 'GET', path: '/' } });
    t.regex(errorsIn(answer.logs), message);
    t.not(answer.keepAlive, false, 'the connection lives on');
  });
}

test('500 to HEAD has no body, to close it closes', async (t) => {
  const boom: RouteHandler = () => {
    throw new Error('boom');
  };
  t.is((await askOnRequestLoan(boom, { method: 'HEAD' })).body, '');
  const closing = await askOnRequestLoan(boom, { headers: ['Connection', 'close'] });
  t.is(closing.headers['connection'], 'close');
  t.false(closing.keepAlive);
});

/** What the handler sees of the request, as JSON. */
const seen =
  (look: (request: DirectRequest) => unknown): RouteHandler =>
  async (request) => ({
    status: 200,
    body: JSON.stringify(await look(request)),
  });

onBoth("the request's parts", async (t, ask) => {
  const look = seen(({ method, path, query, remoteAddress, body }) => ({ method, path, query, remoteAddress, body }));
  const { body } = await ask(look, { method: 'DELETE', target: '/a/b?c=d&e=%20?f' });
  t.deepEqual(JSON.parse(body), {
    method: 'DELETE',
    path: '/a/b',
    query: 'c=d&e=%20?f',
    remoteAddress: '127.0.0.1',
    body: null,
  });
});

onBoth('headers: any case, lines joined, null if absent', async (t, ask) => {
  const look = seen(({ headers }) => ['HOST', 'x-one', 'X-Two', 'cookie', 'none'].map((name) => headers.get(name)));
  const { body } = await ask(look, {
    headers: ['X-One', '1', 'x-two', 'a', 'X-TWO', 'b', 'Cookie', 'c=1', 'cookie', 'd=2'],
  });
  t.deepEqual(JSON.parse(body), ['a', '1', 'a, b', 'c=1; d=2', null]);
});

const POST = { method: 'POST', body: '\uFEFF{"ä":1}' };

onBoth('text() and json() drop a byte order mark, and both may be called', async (t, ask) => {
  const { body } = await ask(
    seen(async (request) => [await request.text(), await request.json()]),
    POST,
  );
  t.is(Buffer.from(body, 'latin1').toString(), JSON.stringify(['{"ä":1}', { ä: 1 }]));
});

onBoth('bytes() gives all bytes', async (t, ask) => {
  const { body } = await ask(
    seen(async (request) => Buffer.from(await request.bytes()).toString('hex')),
    POST,
  );
  t.is(JSON.parse(body), Buffer.from(POST.body).toString('hex'));
});

onBoth('body streams', async (t, ask) => {
  const look = seen(async (request) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request.body ?? []) chunks.push(chunk);
    return Buffer.concat(chunks).toString('hex');
  });
  t.is(JSON.parse((await ask(look, POST)).body), Buffer.from(POST.body).toString('hex'));
});

onBoth("no body: empty text, and JSON that does not parse is the app's failure", async (t, ask) => {
  t.is((await ask(seen((request) => request.text()))).body, '""');
  const answer = await ask(seen((request) => request.json()));
  t.is(answer.status, 500);
  t.regex(errorsIn(answer.logs), /^SyntaxError: /);
});

onBoth('a signal that nobody aborted', async (t, ask) => {
  t.is((await ask(seen(({ signal }) => signal.aborted))).body, 'false');
});

test('whoever stops reading a streamed reply cancels its source, even while it waits', async (t) => {
  const events = new EventTarget();
  const stream = new ReadableStream({ cancel: () => void events.dispatchEvent(new Event('cancel')) });
  const route = { kind: 'dynamic', method: 'GET', path: '/', handler: () => new Response(stream) } as const;
  const head = { method: 'GET', target: '/', isHttp10: false, rawHeaders: [], contentLength: 0, keepAlive: true };
  const parts = {
    head,
    body: undefined,
    addresses: { remoteAddress: undefined },
    signal: () => new AbortController().signal,
  };
  const reply = await runDirectRoute(route, parts, () => t.fail('nobody failed'));
  const iterator = reply.body?.[Symbol.asyncIterator]();
  const next = iterator?.next();
  const cancelled = once(events, 'cancel');
  await iterator?.return?.();
  await cancelled;
  t.deepEqual(await next, { done: true, value: undefined });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
