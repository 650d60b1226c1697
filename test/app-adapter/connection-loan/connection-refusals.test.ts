import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import test from 'ava';
import {
  BAD_REQUEST,
  HEADERS_TOO_LARGE,
  NOT_IMPLEMENTED,
  PAYLOAD_TOO_LARGE,
  REQUEST_TIMEOUT,
  type CannedReply,
} from '../../../src/shared/replies.ts';
import { startLentServer } from '../../helpers/lent-server.ts';
import type { RawConnection } from '../../helpers/raw-connection.ts';

const nextBytes = async (client: RawConnection): Promise<void> => client.received(client.bytesReceived + 1);

const wire = async (client: RawConnection, nth = 1): Promise<string> => {
  const { head, body } = await client.response(nth);
  return head + body.toString('latin1');
};

const notTheApp = (): never => {
  throw new Error('The app got it.');
};

const HOST = 'Host: x\r\n';
const refused: readonly (readonly [title: string, bytes: string, reply: CannedReply, method?: string])[] = [
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', BAD_REQUEST],
  ['two equal Hosts', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, BAD_REQUEST],
  ['two Hosts in HTTP/1.0', `GET / HTTP/1.0\r\n${HOST}host: y\r\n\r\n`, BAD_REQUEST],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: x/y\r\n\r\n', BAD_REQUEST],
  ['a Host with a user', 'GET / HTTP/1.1\r\nHost: a@x\r\n\r\n', BAD_REQUEST],
  ['a Host with a space', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', BAD_REQUEST],
  ['a Host with a port that is none', 'GET / HTTP/1.1\r\nHost: x:y\r\n\r\n', BAD_REQUEST],
  ['HTTP/2.0', `GET / HTTP/2.0\r\n${HOST}\r\n`, BAD_REQUEST],
  ['HTTP/0.9', `GET / HTTP/0.9\r\n${HOST}\r\n`, BAD_REQUEST],
  [
    'two Transfer-Encodings',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    BAD_REQUEST,
  ],
  [
    'Transfer-Encoding behind Content-Length',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    BAD_REQUEST,
  ],
  [
    'Content-Length behind Transfer-Encoding',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    BAD_REQUEST,
  ],
  [
    'Transfer-Encoding in HTTP/1.0',
    `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    BAD_REQUEST,
  ],
  [
    'a last coding other than chunked',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: identity\r\n\r\n`,
    NOT_IMPLEMENTED,
  ],
  ['a coding behind chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n`, NOT_IMPLEMENTED],
  ['an empty Transfer-Encoding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\n\r\n0\r\n\r\n`, NOT_IMPLEMENTED],
  [
    'two Transfer-Encodings, the last unknown',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    BAD_REQUEST,
  ],
  ['two Content-Lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`, BAD_REQUEST],
  ['no request at all', 'hello\r\n\r\n', BAD_REQUEST],
  ['a NUL in a value', `GET / HTTP/1.1\r\n${HOST}A: \0\r\n\r\n`, BAD_REQUEST],
  [
    'a malformed chunk',
    `POST / HTTP/1.1\r\n${HOST.replace('x', '')}Transfer-Encoding: chunked\r\n\r\n`.replace('POST', 'P\0ST'),
    BAD_REQUEST,
  ],
  ['one line too long', `GET / HTTP/1.1\r\n${HOST}A: ${'a'.repeat(2000)}\r\n\r\n`, HEADERS_TOO_LARGE],
  ['a target too long', `GET /${'a'.repeat(2000)} HTTP/1.1\r\n${HOST}\r\n`, HEADERS_TOO_LARGE],
  [
    'lines whose separators make them too long',
    `GET / HTTP/1.1\r\n${HOST}${'a:\r\n'.repeat(250)}\r\n`,
    HEADERS_TOO_LARGE,
  ],
  ['HEAD without Host', 'HEAD / HTTP/1.1\r\n\r\n', BAD_REQUEST, 'HEAD'],
  ['a Content-Length above the limit', `POST / HTTP/1.1\r\n${HOST}Content-Length: 101\r\n\r\n`, PAYLOAD_TOO_LARGE],
  [
    'the same with Expect',
    `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 101\r\n\r\n`,
    PAYLOAD_TOO_LARGE,
  ],
  [
    'an upgrade with two Hosts',
    `GET / HTTP/1.1\r\n${HOST}${HOST}Connection: Upgrade\r\nUpgrade: chat\r\n\r\n`,
    BAD_REQUEST,
  ],
];

for (const [title, bytes, reply, method] of refused) {
  test(`refused before the app, in exactly our bytes: ${title}`, async (t) => {
    const server = await startLentServer(t, { app: notTheApp, options: { maxHeaderBytes: 1000, maxBodyBytes: 100 } });
    server.httpServer.on('upgrade', notTheApp);
    const client = server.connect();
    client.request(bytes, method);
    t.is(await wire(client), (method === 'HEAD' ? reply.closeHeadBytes : reply.closeBytes).toString('latin1'));
    await client.closed();
    const loan = await server.lent(1);
    await loan.reached('close');
    t.deepEqual(loan.events, ['beginReply', 'close']);
    t.deepEqual(server.logs, []);
  });
}

const accepted: readonly (readonly [title: string, bytes: string])[] = [
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['an IPv6 Host with a port', 'GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n'],
  ['no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
  ['a body of just the limit', `POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n${'a'.repeat(100)}`],
  [
    'chunks of just the limit',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n64\r\n${'a'.repeat(100)}\r\n0\r\n\r\n`,
  ],
  ['a coding before chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
];

for (const [title, bytes] of accepted) {
  test(`not refused: ${title}`, async (t) => {
    const server = await startLentServer(t, {
      app: async (req, res) => void res.end(await text(req)),
      options: { maxBodyBytes: 100 },
    });
    const client = server.connect();
    client.request(bytes);
    t.is((await client.response()).status, 200);
  });
}

test('a refusal waits for the replies to the requests before it', async (t) => {
  const replies: ServerResponse[] = [];
  const server = await startLentServer(t, { app: (_, res) => void replies.push(res) });
  const client = server.connect();
  client.request(`GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\nwhat is this`);
  client.request('');
  client.request('');
  await (await server.lent(1)).reached('requestBegan');
  replies[0]?.end('1');
  await client.response(1);
  while (replies.length < 2) await new Promise(setImmediate);
  replies[1]?.end('2');
  t.is(await wire(client, 3), BAD_REQUEST.text);
  t.deepEqual(
    client.responses.map(({ status }) => status),
    [200, 200, 400],
  );
  await client.closed();
});

test('a pipelined request whose body is malformed never reaches the app', async (t) => {
  const seen: unknown[] = [];
  const server = await startLentServer(t, {
    app(req, res) {
      seen.push(req.url);
      res.end();
    },
  });
  const client = server.connect();
  client.request(`GET /1 HTTP/1.1\r\n${HOST}\r\nPOST /2 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
  client.request('');
  t.is(await wire(client, 2), BAD_REQUEST.text);
  t.deepEqual(seen, ['/1']);
});

test('a head that never ends is refused by its size, also where the parser counts nothing', async (t) => {
  const server = await startLentServer(t, { app: notTheApp, options: { maxHeaderBytes: 1000 } });
  const client = server.connect();
  client.request(`GET / HTTP/1.1\r\n${HOST}A:`);
  const loan = await server.lent(1);
  for (let sent = 0; sent < 20 && !loan.events.includes('beginReply'); sent++) {
    client.send(' '.repeat(200));
    await new Promise(setImmediate);
  }
  t.is(await wire(client), HEADERS_TOO_LARGE.text);
});

const BIG_CHUNK = `40\r\n${'a'.repeat(64)}\r\n`;

test('chunks above the limit: 413, and the app sees an aborted request whose reply goes nowhere', async (t) => {
  const exchanges: [IncomingMessage, ServerResponse][] = [];
  const server = await startLentServer(t, {
    app: (...exchange) => void exchanges.push(exchange),
    options: { maxBodyBytes: 100 },
  });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${BIG_CHUNK}`, 'POST');
  const loan = await server.lent(1);
  await loan.reached('requestBegan');
  const [req, res] = exchanges[0] as [IncomingMessage, ServerResponse];
  let bytes = 0;
  req.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const aborted = once(req, 'aborted');
  const closed = once(res, 'close');
  client.send(BIG_CHUNK);
  await Promise.all([aborted, closed]);
  t.true(bytes <= 100);
  t.true(res.destroyed);
  res.write('too');
  res.end('late');
  t.is(await wire(client), PAYLOAD_TOO_LARGE.text);
  await client.closed();
  await loan.reached('close');
  t.deepEqual(loan.events, ['requestBegan', 'beginReply', 'requestEnded', 'close']);
});

test('a reply that still waits in the socket has begun: it is never followed by a refusal', async (t) => {
  const server = await startLentServer(t, {
    app: (_, res) => void res.write('corked until the next tick'),
    options: { maxBodyBytes: 100 },
  });
  const client = server.connect();
  client.request(
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${BIG_CHUNK}${BIG_CHUNK}${BIG_CHUNK}`,
    'POST',
  );
  await client.closed();
  t.deepEqual(client.responses, []);
  t.is(client.error, undefined);
});

test('chunks above the limit when the reply has begun: the connection is cut', async (t) => {
  const server = await startLentServer(t, {
    app(req, res) {
      req.resume();
      res.write('begun');
    },
    options: { maxBodyBytes: 100 },
  });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${BIG_CHUNK}`, 'POST');
  await nextBytes(client);
  client.send(BIG_CHUNK);
  await client.closed();
  t.deepEqual(client.responses, []);
  await (await server.lent(1)).reached('close');
});

test('a body that was answered unread is not skipped for ever', async (t) => {
  const server = await startLentServer(t, { app: (_, res) => void res.end('early'), options: { maxBodyBytes: 100 } });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, 'POST');
  await client.response();
  client.send(BIG_CHUNK + BIG_CHUNK);
  await client.closed();
  t.is(client.responses.length, 1);
});

test('a client that goes on sending still gets its refusal', async (t) => {
  const server = await startLentServer(t, { app: notTheApp, options: { maxBodyBytes: 100 } });
  for (let round = 0; round < 20; round++) {
    const client = server.connect();
    client.request(`POST / HTTP/1.1\r\n${HOST}Content-Length: 3000000\r\n\r\n`, 'POST');
    client.send(Buffer.alloc(3_000_000));
    t.is(await wire(client), PAYLOAD_TOO_LARGE.text);
    await client.leave('close');
  }
});

test('whatever is discarded after a refusal never runs as a request', async (t) => {
  const server = await startLentServer(t, { app: notTheApp });
  const client = server.connect();
  client.request(`GET / HTTP/1.1\r\n\r\nGET /inside HTTP/1.1\r\n${HOST}\r\n`);
  client.send(`GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
  t.is(await wire(client), BAD_REQUEST.text);
  await client.closed();
  t.is(client.responses.length, 1);
  t.deepEqual(server.logs, []);
});

for (const [title, bytes] of [
  ['a head', `GET / HTTP/1.1\r\n${HOST}A:`],
  ['a body', `POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nhalf`],
  ['a head behind a request', `GET / HTTP/1.1\r\n${HOST}\r\nGET / HT`],
] as const) {
  test(`408 when the client stops in ${title}`, async (t) => {
    const server = await startLentServer(t, {
      app(req, res) {
        if (req.method === 'GET') res.end();
        else req.resume();
      },
      options: { readTimeoutMs: 100 },
    });
    const client = server.connect();
    client.request(bytes);
    client.request('');
    const nth = title.includes('behind') ? 2 : 1;
    t.is(await wire(client, nth), REQUEST_TIMEOUT.text);
    await client.closed();
    await (await server.lent(1)).reached('close');
  });
}

test.serial('408 when a request as a whole takes too long, however steadily it drips', async (t) => {
  const server = await startLentServer(t, {
    app: (req) => void req.resume(),
    options: { readTimeoutMs: 5000, maxRequestReadMs: 150 },
  });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\n`, 'POST');
  const drip = setInterval(() => client.send('a'), 10);
  t.teardown(() => clearInterval(drip));
  t.is(await wire(client), REQUEST_TIMEOUT.text);
});

// Those that measure time run alone, before the others.
test.serial('a slow head is timed from its own beginning, not from that of the request before it', async (t) => {
  const server = await startLentServer(t, {
    app: (_, res) => void setTimeout(() => res.end(), 200),
    options: { readTimeoutMs: 150 },
  });
  const client = server.connect();
  client.request(`GET / HTTP/1.1\r\n${HOST}\r\nGET / HT`);
  client.request('');
  await client.response(1);
  client.send(`TP/1.1\r\n${HOST}\r\n`);
  t.is((await client.response(2)).status, 200);
});

test.serial('a request whose bytes came while the thread was busy is not late', async (t) => {
  let begun = (): void => {};
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const server = await startLentServer(t, {
    async app(req, res) {
      begun();
      res.end(await text(req));
    },
    options: { readTimeoutMs: 100 },
  });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nha`, 'POST');
  await hasBegun;
  client.send('lf');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  t.is((await client.response()).body.toString(), 'half');
});

test('a client that stops in a body after its answer is closed without another', async (t) => {
  const server = await startLentServer(t, { app: (_, res) => void res.end('early'), options: { readTimeoutMs: 100 } });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nhalf`, 'POST');
  await client.closed();
  t.deepEqual(
    client.responses.map(({ status }) => status),
    [200],
  );
});

test.serial('an app that does not read its request is no fault of the client', async (t) => {
  const server = await startLentServer(t, {
    app: (req, res) => void setTimeout(async () => res.end(String((await text(req)).length)), 1500),
    options: { readTimeoutMs: 200, maxRequestReadMs: 1000 },
  });
  const client = server.connect();
  client.request(`POST / HTTP/1.1\r\n${HOST}Content-Length: 3000000\r\n\r\n`, 'POST');
  client.send(Buffer.alloc(3_000_000, 'a'));
  t.is((await client.response()).body.toString(), '3000000');
});

test.serial('a slow reader is let go, a steady one is not', async (t) => {
  const body = Buffer.alloc(30_000_000);
  const server = await startLentServer(t, { app: (_, res) => void res.end(body), options: { writeTimeoutMs: 400 } });
  const [stuck, steady] = [server.connect(), server.connect()];
  await Promise.all([stuck.connected(), steady.connected()]);
  stuck.request(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  stuck.socket.pause();
  const loan = await server.lent(1);
  await loan.reached('beginReply');
  await loan.reached('close');
  steady.request(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  for (let pauses = 0; pauses < 6; pauses++) {
    // Enough that the kernel tells the other side of the room it has again.
    await steady.received(steady.bytesReceived + 3_000_000);
    steady.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    steady.socket.resume();
  }
  t.is((await steady.response()).body.length, body.length);
});
