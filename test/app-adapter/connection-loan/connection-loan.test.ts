import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { ConnectionLoan } from '../../../src/app-adapter/loan.ts';
import { isShared } from '../../../src/app-adapter/connection-loan/lent-socket.ts';
import { INTERNAL_SERVER_ERROR } from '../../../src/shared/replies.ts';
import { startLentServer, type LentServer, type LentServerSetup } from '../../helpers/lent-server.ts';
import type { RawConnection } from '../../helpers/raw-connection.ts';

const get = (path: string, ...lines: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');
const post = (path: string, ...lines: string[]): string => get(path, ...lines).replace('GET', 'POST');
const CHUNKED = 'Transfer-Encoding: chunked';

const answerPath = (req: IncomingMessage, res: ServerResponse): void => {
  res.end(req.url);
};

const start = async (t: ExecutionContext, setup: LentServerSetup): Promise<LentServer & { client: RawConnection }> => {
  const server = await startLentServer(t, setup);
  return Object.assign(server, { client: server.connect() });
};

const nextBytes = async (client: RawConnection): Promise<void> => client.received(client.bytesReceived + 1);

/** An app whose replies the test decides about, in the order in which requests reach it. */
class Desk {
  readonly #arrivals: [IncomingMessage, ServerResponse][] = [];
  readonly #waiting: ((exchange: [IncomingMessage, ServerResponse]) => void)[] = [];

  readonly app = (...exchange: [IncomingMessage, ServerResponse]): void => {
    const next = this.#waiting.shift();
    if (next === undefined) this.#arrivals.push(exchange);
    else next(exchange);
  };

  get waiting(): number {
    return this.#arrivals.length;
  }

  async next(): Promise<[IncomingMessage, ServerResponse]> {
    return this.#arrivals.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }
}

test('serves a request and gives the connection back when it is idle', async (t) => {
  const { client, lent } = await start(t, { app: answerPath });
  client.request(get('/1'));
  t.is((await client.response()).body.toString(), '/1');
  const loan = await lent(1);
  await loan.reached('giveBack');
  t.deepEqual(loan.events, ['requestBegan', 'beginReply', 'endReply', 'requestEnded', 'giveBack']);
  client.request(get('/2'));
  t.is((await client.response(2)).body.toString(), '/2');
  await (await lent(2)).reached('giveBack');
  t.false(client.isClosed);
});

test('says the addresses that came with the loan', async (t) => {
  const { client } = await start(t, {
    app(req, res) {
      const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } = req.socket;
      res.end(JSON.stringify([remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily]));
    },
  });
  client.request(get('/'));
  const { body } = await client.response();
  t.deepEqual(JSON.parse(body.toString()), ['192.0.2.7', 4711, 'IPv4', '192.0.2.1', 80, 'IPv4']);
});

test('a pipelined request reaches the app when the one before it has ended', async (t) => {
  const desk = new Desk();
  const { client, lent } = await start(t, { app: desk.app });
  client.request(get('/1') + get('/2') + get('/3'));
  client.request('');
  client.request('');
  for (const path of ['/1', '/2', '/3']) {
    const [req, res] = await desk.next();
    t.is(req.url, path);
    t.is(desk.waiting, 0);
    // Whatever was dispatched too early would be there two turns later.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    t.is(desk.waiting, 0);
    res.end(path);
  }
  t.is((await client.response(3)).body.toString(), '/3');
  t.deepEqual(
    client.responses.map(({ body }) => body.toString()),
    ['/1', '/2', '/3'],
  );
  const loan = await lent(1);
  await loan.reached('giveBack');
  t.is(loan.events.filter((event) => event === 'requestBegan').length, 3);
  t.is(loan.events.filter((event) => event === 'requestEnded').length, 3);
});

test('a body that arrives behind a held request reaches that request whole', async (t) => {
  const desk = new Desk();
  const { client } = await start(t, { app: desk.app });
  const body = Buffer.alloc(300_000, 'abcdefghij');
  client.request(get('/1') + post('/2', `Content-Length: ${body.length}`));
  client.request(body);
  const [, first] = await desk.next();
  first.end('1');
  const [second, response] = await desk.next();
  t.is(await text(second), body.toString());
  response.end('2');
  t.is((await client.response(2)).body.toString(), '2');
});

test('requests that are held stop the reading', async (t) => {
  const desk = new Desk();
  const { client } = await start(t, { app: desk.app });
  client.request(get('/first') + get('/second'));
  const [{ socket }, first] = await desk.next();
  const flood = get('/flood', `X: ${'x'.repeat(1000)}`).repeat(500);
  for (let round = 0; round < 20; round++) {
    client.send(flood);
    await new Promise(setImmediate);
  }
  // What was lent with the connection, and the one read that held the second.
  t.true(socket.bytesRead < 200_000, `${socket.bytesRead} bytes read`);
  first.end();
  await client.response(1);
});

test('requests of one connection never share an async context', async (t) => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { client, lent } = await start(t, {
    app(req, res) {
      seen.push(storage.getStore());
      storage.enterWith(req.url ?? '');
      // Runs in the context of node's parser, which all requests of the connection share.
      req.on('data', () => storage.enterWith(req.url ?? ''));
      req.on('end', () => setImmediate(() => res.end()));
    },
  });
  const next = get('/2') + get('/3');
  client.request(post('/1', CHUNKED));
  client.request('');
  client.request('');
  await (await lent(1)).reached('requestBegan');
  client.send(`3\r\nabc\r\n0\r\n\r\n${next.slice(0, 10)}`);
  await client.response(1);
  client.send(next.slice(10));
  await client.response(3);
  t.deepEqual(seen, [undefined, undefined, undefined]);
});

test('a head that is on its way keeps the connection, and is served', async (t) => {
  const { client, lent, loans } = await start(t, { app: answerPath });
  const next = get('/2');
  client.request(get('/1') + next.slice(0, 9));
  await client.response(1);
  client.request(next.slice(9));
  t.is((await client.response(2)).body.toString(), '/2');
  await (await lent(1)).reached('giveBack');
  t.is(loans.length, 1);
});

test('a body that nobody reads is skipped, and the connection goes back', async (t) => {
  const { client, lent } = await start(t, { app: answerPath });
  client.request(post('/1', 'Content-Length: 200000'));
  await client.response(1);
  client.send(Buffer.alloc(100_000));
  client.send(Buffer.alloc(100_000));
  await (await lent(1)).reached('giveBack');
  client.request(get('/2'));
  t.is((await client.response(2)).body.toString(), '/2');
});

test('bodies both ways, chunked and large', async (t) => {
  const { client } = await start(t, { app: (req, res) => void req.pipe(res) });
  const body = Buffer.alloc(2_000_000, '0123456789');
  client.request(post('/', CHUNKED), 'POST');
  for (let at = 0; at < body.length; at += 50_000)
    client.send(Buffer.concat([Buffer.from('c350\r\n'), body.subarray(at, at + 50_000), Buffer.from('\r\n')]));
  client.send('0\r\n\r\n');
  t.true((await client.response()).body.equals(body));
});

test('1xx replies leave the thread answerable', async (t) => {
  const desk = new Desk();
  const { client, lent } = await start(t, { app: desk.app });
  client.request(get('/'));
  const [, res] = await desk.next();
  const loan = await lent(1);
  await new Promise<void>((resolve) => res.writeEarlyHints({ link: '</a>; rel=preload' }, resolve));
  t.deepEqual(loan.events, ['requestBegan', 'beginReply', 'endReply']);
  await nextBytes(client);
  res.write('a');
  await nextBytes(client);
  t.deepEqual(loan.events.slice(3), ['beginReply']);
  res.end('b');
  t.is((await client.response()).body.toString(), 'ab');
  await loan.reached('giveBack');
  t.deepEqual(loan.events.slice(3), ['beginReply', 'endReply', 'requestEnded', 'giveBack']);
});

test('a raw reply through the socket counts as a reply', async (t) => {
  const desk = new Desk();
  const { client, lent } = await start(t, { app: desk.app });
  client.request(get('/'));
  const [req] = await desk.next();
  const loan = await lent(1);
  req.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no');
  await client.received(20);
  t.is(loan.events.at(-1), 'beginReply');
  req.socket.end('k');
  t.is((await client.response()).body.toString(), 'ok');
  await loan.reached('close');
});

test('Expect: 100-continue is answered and the body read', async (t) => {
  const { client, lent } = await start(t, { app: async (req, res) => void res.end(await text(req)) });
  client.request(post('/', 'Expect: 100-continue', 'Content-Length: 5'), 'POST');
  await client.received(25);
  t.is(client.responses[0]?.status, 100);
  client.send('hello');
  t.is((await client.response()).body.toString(), 'hello');
  const loan = await lent(1);
  await loan.reached('giveBack');
  t.deepEqual(loan.events.slice(0, 4), ['requestBegan', 'beginReply', 'endReply', 'beginReply']);
});

test("the app's own checkContinue and checkExpectation listeners decide", async (t) => {
  const httpServer = http.createServer(() => t.fail('not the request listener'));
  httpServer.on('checkContinue', (_, res: ServerResponse) => res.writeHead(401, { 'content-length': 0 }).end());
  httpServer.on('checkExpectation', (_, res: ServerResponse) => res.writeHead(402, { 'content-length': 0 }).end());
  const server = await startLentServer(t, { httpServer });
  const first = server.connect();
  first.request(post('/', 'Expect: 100-continue', 'Content-Length: 5'), 'POST');
  t.is((await first.response()).status, 401);
  await first.closed();
  const second = server.connect();
  second.request(get('/', 'Expect: tea'));
  t.is((await second.response()).status, 402);
});

test('an unknown expectation is refused as node does', async (t) => {
  const { client } = await start(t, { app: () => t.fail('not the app') });
  client.request(get('/', 'Expect: tea'));
  t.is((await client.response()).status, 417);
});

const upgrading = (take: (req: IncomingMessage, socket: Duplex, head: Buffer) => void, app = answerPath): http.Server =>
  http.createServer(app).on('upgrade', take);
const UPGRADE = ['Connection: Upgrade', 'Upgrade: chat'];
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n';

test("an upgraded socket is the app's until it ends, and its request has ended", async (t) => {
  const httpServer = upgrading((_, socket, head) => {
    socket.write(SWITCHING + head.toString());
    socket.on('data', (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()));
    socket.on('end', () => socket.end());
  });
  const { client, lent } = await start(t, { httpServer, options: { readTimeoutMs: 50, writeTimeoutMs: 50 } });
  const received: Buffer[] = [];
  client.socket.removeAllListeners('data').on('data', (bytes: Buffer) => received.push(bytes));
  client.send(`${get('/', ...UPGRADE)}first `);
  const loan = await lent(1);
  await loan.reached('requestEnded');
  await once(client.socket, 'data');
  client.send('second');
  await once(client.socket, 'data');
  t.is(Buffer.concat(received).toString(), `${SWITCHING}first SECOND`);
  t.deepEqual(loan.events, ['requestBegan', 'beginReply', 'requestEnded']);
  client.socket.end();
  await loan.reached('close');
});

test('what came behind the head of an upgrade is for the app to keep', async (t) => {
  let kept: Buffer | undefined;
  const httpServer = upgrading((_, socket, head) => {
    kept = head;
    socket.write(SWITCHING);
    socket.on('data', () => socket.end());
  });
  const { client, lent } = await start(t, { httpServer });
  // In a read of its own: the first bytes of a loan are nobody else's anyhow.
  client.send('\r\n');
  await lent(1);
  client.send(`${get('/', ...UPGRADE)}kept`);
  await once(client.socket, 'data');
  client.send('x'.repeat(1000));
  await client.closed();
  t.is(kept?.toString(), 'kept');
});

test('a body of many reads can be kept, also beside another one', async (t) => {
  const bodies: Buffer[][] = [];
  const app = (req: IncomingMessage, res: ServerResponse): void => {
    const pieces: Buffer[] = [];
    bodies.push(pieces);
    req.on('data', (piece: Buffer) => pieces.push(piece));
    req.on('end', () => res.end());
  };
  const server = await start(t, { app });
  const sent = ['a', 'b'].map((letter) => Buffer.alloc(1_000_000, letter));
  const clients = sent.map((body) => {
    const client = server.connect();
    client.request(post('/', `Content-Length: ${body.length}`), 'POST');
    client.send(body);
    return client;
  });
  for (const client of clients) t.is((await client.response()).status, 200);
  const received = bodies.map((pieces) => Buffer.concat(pieces)).toSorted((one, other) => Buffer.compare(one, other));
  t.true(received.every((body, index) => body.equals(sent[index] as Buffer)));
});

test("what the parser could not read is for the app's 'clientError' to keep", async (t) => {
  const packets: Buffer[] = [];
  const httpServer = http.createServer(answerPath);
  const { client, lent } = await start(t, { httpServer });
  httpServer.on('clientError', (error: Error & { rawPacket: Buffer }, socket: Duplex) => {
    packets.push(error.rawPacket);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  client.send('\r\n');
  await lent(1);
  client.send('this is no request\r\n\r\n');
  await client.closed();
  t.true(packets.every((packet) => !isShared(packet)));
});

test('an upgrade behind a running request waits for it', async (t) => {
  const desk = new Desk();
  let upgrades = 0;
  const httpServer = upgrading((_, socket, head) => {
    upgrades += 1;
    socket.end(`${SWITCHING}${head.toString()}`);
  }, desk.app);
  const { client, lent } = await start(t, { httpServer });
  const received: Buffer[] = [];
  client.socket.removeAllListeners('data').on('data', (bytes: Buffer) => received.push(bytes));
  client.send(`${get('/1')}${get('/2', ...UPGRADE)}tail`);
  const [, res] = await desk.next();
  t.is(upgrades, 0);
  res.sendDate = false;
  res.end('one');
  await client.closed();
  const loan = await lent(1);
  await loan.reached('close');
  const [reply, rest] = Buffer.concat(received).toString().split('one');
  t.regex(reply ?? '', /^HTTP\/1\.1 200 OK\r\n/);
  t.is(rest, `${SWITCHING}tail`);
});

test('behind an upgrade that nobody takes no byte is lost', async (t) => {
  const { client, loans, lent } = await start(t, {
    app: async (req, res) => void res.end(req.url + (await text(req))),
  });
  client.request(
    get('/1', ...UPGRADE) +
      post('/2', ...UPGRADE, CHUNKED) +
      '3\r\nabc\r\n0\r\n\r\n' +
      get('/3', ...UPGRADE) +
      get('/4'),
  );
  for (let request = 2; request <= 4; request++) client.request('');
  await client.response(4);
  t.deepEqual(
    client.responses.map(({ body }) => body.toString()),
    ['/1', '/2abc', '/3', '/4'],
  );
  await (await lent(1)).reached('giveBack');
  t.is(loans.length, 1);
});

for (const [title, rest] of [
  ['in the same read', 'NO SUCH\0THING\r\n\r\n'],
  [
    'with a body of its own',
    `POST /2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n${CHUNKED}\r\n\r\nzz\r\n`,
  ],
] as const) {
  test(`malformed bytes behind an upgrade that nobody takes are refused: ${title}`, async (t) => {
    const { client } = await start(t, { app: answerPath });
    client.request(get('/1', ...UPGRADE) + rest);
    client.request('');
    t.is((await client.response(1)).body.toString(), '/1');
    t.is((await client.response(2)).status, 400);
    await client.closed();
  });
}

test('malformed bytes in a later read behind an upgrade that nobody takes are refused', async (t) => {
  const desk = new Desk();
  const { client, loans } = await start(t, { app: desk.app });
  client.request(get('/1', ...UPGRADE) + 'GE');
  const [, res] = await desk.next();
  res.end('1');
  await client.response(1);
  client.request('T /\0 HTTP/1.1\r\n\r\n');
  t.is((await client.response(2)).status, 400);
  t.is(loans.length, 1);
});

test("CONNECT is the app's if it listens, else the connection ends as under node:http", async (t) => {
  const { client, lent, httpServer, connect } = await start(t, { app: answerPath });
  client.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
  await client.closed();
  t.is(client.bytesReceived, 0);
  await (await lent(1)).reached('close');
  httpServer.on('connect', (_req: IncomingMessage, socket: Duplex) =>
    socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nraw'),
  );
  const tunnel = connect();
  tunnel.request('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
  t.is((await tunnel.response()).body.toString(), 'raw');
  const loan = await lent(2);
  await loan.reached('close');
  t.true(loan.events.includes('requestEnded'));
});

test('while the server drains replies say connection: close, also those under way', async (t) => {
  const desk = new Desk();
  const server = await startLentServer(t, { app: desk.app });
  const [early, late] = [server.connect(), server.connect()];
  early.request(get('/'));
  const [, running] = await desk.next();
  server.drain();
  late.request(get('/'));
  const [, begun] = await desk.next();
  running.end('a');
  begun.end('b');
  for (const client of [early, late]) {
    t.is((await client.response()).headers.get('connection'), 'close');
    await client.closed();
  }
  for (const loan of server.loans) await loan.reached('close');
});

test('a loan that was taken back writes nothing more', async (t) => {
  const desk = new Desk();
  const { client, lent, connectionLoans } = await start(t, { app: desk.app });
  client.request(get('/'));
  const [req, res] = await desk.next();
  const loan = await lent(1);
  const closed = once(res, 'close');
  loan.revoke();
  res.end('late');
  await closed;
  t.true(req.destroyed);
  t.is(client.bytesReceived, 0);
  t.deepEqual(loan.events, ['requestBegan', 'requestEnded']);
  t.is(connectionLoans.size, 0);
});

test('a loan that is taken back during a 1xx never sends the reply', async (t) => {
  const desk = new Desk();
  const { client, lent } = await start(t, { app: desk.app });
  client.request(get('/'));
  const [, res] = await desk.next();
  const loan = await lent(1);
  await new Promise<void>((resolve) => res.writeProcessing(resolve));
  await client.received(25);
  const received = client.bytesReceived;
  // The acceptor's swap succeeds before the thread hears of it.
  loan.isOver = true;
  res.end('late');
  loan.borrower?.revoked();
  await once(res, 'close');
  t.is(client.bytesReceived, received);
});

test('an app that throws gives 500 and a log line, and the connection lives on', async (t) => {
  const { client, logs, loans, lent } = await start(t, {
    app(req, res) {
      if (req.url === '/throws') throw new Error('oops');
      if (req.url === '/rejects') return Promise.reject(new Error('oops'));
      res.end('fine');
    },
  });
  client.request(get('/throws') + get('/rejects') + get('/'));
  client.request('');
  client.request('');
  t.is((await client.response(3)).body.toString(), 'fine');
  for (const { head, body } of client.responses.slice(0, 2)) t.is(head + body.toString(), INTERNAL_SERVER_ERROR.text);
  t.is(logs.filter(({ level }) => level === 'error').length, 2);
  await (await lent(1)).reached('giveBack');
  t.is(loans.length, 1);
});

test('an app that throws in the middle of a reply has it cut', async (t) => {
  const { client, lent } = await start(t, {
    app(_, res) {
      res.writeHead(200, { 'content-length': 10 }).write('half');
      throw new Error('oops');
    },
  });
  client.request(get('/'));
  await t.throwsAsync(client.response());
  await (await lent(1)).reached('close');
});

test('direct routes come before the app', async (t) => {
  const { client, lent } = await start(t, {
    app: () => t.fail('not the app'),
    routes(routes) {
      routes.handleStatic('GET', '/static', 'static');
      routes.handle('POST', '/dynamic', async (request) => ({
        status: 201,
        body: (await request.text()).toUpperCase(),
      }));
    },
  });
  client.request(
    get('/static') +
      post('/dynamic', CHUNKED) +
      '3\r\nabc\r\n0\r\n\r\n' +
      post('/dynamic', 'Expect: 100-continue', 'Content-Length: 3'),
  );
  client.request('');
  client.request('');
  t.is((await client.response(1)).body.toString(), 'static');
  t.is((await client.response(2)).body.toString(), 'ABC');
  while (client.responses.length < 3) await nextBytes(client);
  client.send('def');
  t.is((await client.response(3)).body.toString(), 'DEF');
  const loan = await lent(1);
  await loan.reached('giveBack');
  t.is(loan.events.filter((event) => event === 'requestEnded').length, 3);
});

test('a client that leaves in the middle of a body aborts its request', async (t) => {
  const desk = new Desk();
  const { client, lent } = await start(t, { app: desk.app });
  client.request(post('/', 'Content-Length: 10') + 'half');
  const [req] = await desk.next();
  const aborted = once(req, 'aborted');
  await client.leave('reset');
  await aborted;
  t.true(req.destroyed);
  await (await lent(1)).reached('close');
});

test('nothing that was pipelined behind a reply that closes is served', async (t) => {
  const seen: unknown[] = [];
  const { client, lent } = await start(t, {
    app(req, res) {
      seen.push(req.url);
      // So large that it is still being written when the next request's turn would be.
      res.setHeader('connection', 'close').end(Buffer.alloc(8_000_000));
    },
  });
  client.request(get('/1') + get('/2'));
  t.is((await client.response()).body.length, 8_000_000);
  await client.closed();
  await (await lent(1)).reached('close');
  t.deepEqual(seen, ['/1']);
  t.is(client.responses.length, 1);
});

test('bytes behind a request that asked for the close are not answered', async (t) => {
  const { client, lent } = await start(t, {
    app: (_, res) => void setImmediate(() => res.end(Buffer.alloc(8_000_000))),
  });
  client.request(get('/1', 'Connection: close') + get('/2'));
  t.is((await client.response()).body.length, 8_000_000);
  await client.closed();
  t.is(client.responses.length, 1);
  await (await lent(1)).reached('close');
});

test('a parser that the app made lenient gives nothing to the app that has two lengths', async (t) => {
  const httpServer = http.createServer({ insecureHTTPParser: true }, () => t.fail('not the app'));
  const { client } = await start(t, { httpServer });
  client.request(post('/', 'Content-Length: 3', CHUNKED) + '0\r\n\r\n');
  t.is((await client.response()).status, 400);
});

for (const [version, line, keepsAlive] of [
  ['1.0', 'X: y', false],
  ['1.0', 'Connection: keep-alive', true],
  ['1.1', 'Connection: close', false],
] as const) {
  test(`HTTP/${version} with "${line}" is kept alive as under node:http: ${keepsAlive}`, async (t) => {
    const { client, lent } = await start(t, { app: (_, res) => void res.setHeader('content-length', 2).end('ok') });
    client.request(get('/', line).replace('1.1', version));
    const { headers } = await client.response();
    t.is(headers.get('connection'), keepsAlive ? 'keep-alive' : 'close');
    await (await lent(1)).reached(keepsAlive ? 'giveBack' : 'close');
  });
}

test('a descriptor that cannot be adopted is a lost loan', async (t) => {
  const { connectionLoans, logs } = await startLentServer(t, { app: answerPath });
  let closes = 0;
  const loan: Partial<ConnectionLoan> = { fd: openSync('/dev/null', 'r'), close: () => void (closes += 1) };
  connectionLoans.serve(loan as ConnectionLoan);
  t.is(closes, 1);
  t.is(logs[0]?.level, 'warn');
});

test("what else happens on the app's server is none of ours", async (t) => {
  const httpServer = http.createServer(answerPath);
  await startLentServer(t, { httpServer });
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  t.teardown(() => httpServer.close());
  const { port } = httpServer.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}/plain`);
  t.is(await response.text(), '/plain');
});
