/**
 * What a request loan does with its loan: over real connections, with an acceptor that a test can
 * look into. What an app sees of it is compared with node:http in `behaviour/fidelity.test.ts`.
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { IncomingMessage, type RequestListener, type Server, type ServerOptions, createServer } from 'node:http';
import { type Socket, connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { RequestSettings } from '../../../src/app-adapter/request-loan/request-loan.ts';
import type { LoanSocket } from '../../../src/app-adapter/request-loan/loan-socket.ts';
import { INTERNAL_SERVER_ERROR } from '../../../src/shared/replies.ts';
import { type InProcessLoan, startInProcessAcceptor } from '../../helpers/fidelity/in-process-acceptor.ts';

const GET = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n';
const MEGABYTE = 1_048_576;

interface Harness {
  readonly loans: InProcessLoan[];
  readonly logged: string[];
  readonly server: Server;
  /** A connection that has sent these bytes. */
  client(bytes?: string): Promise<Client>;
}

class Client {
  readonly socket: Socket;
  received = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (data) => (this.received = Buffer.concat([this.received, data])));
    this.socket.on('error', () => {});
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  async receive(text: string): Promise<void> {
    while (!this.received.includes(text)) await once(this.socket, 'data');
  }
}

const start = async (
  t: ExecutionContext,
  listener: RequestListener,
  settings: Partial<RequestSettings> = {},
  serverOptions: ServerOptions = {},
): Promise<Harness> => {
  const loans: InProcessLoan[] = [];
  const logged: string[] = [];
  const server = createServer(serverOptions, listener);
  const acceptor = await startInProcessAcceptor(
    server,
    {
      keepAliveTimeoutMs: 5000,
      writeTimeoutMs: 10_000,
      isDraining: () => false,
      log: (level, fields, message) => logged.push(`${level} ${message}: ${(fields['err'] as Error).message}`),
      ...settings,
    },
    (loan) => loans.push(loan),
  );
  const clients: Client[] = [];
  t.teardown(async () => {
    for (const { socket } of clients) socket.destroy();
    await acceptor.close();
  });
  return {
    loans,
    logged,
    server,
    client: async (bytes = GET) => {
      const client = new Client(acceptor.port);
      clients.push(client);
      await once(client.socket, 'connect');
      client.socket.write(bytes);
      return client;
    },
  };
};

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the loan ends once, in the tick that emits 'close' on res", async (t) => {
  const seen: string[] = [];
  const { client, loans } = await start(t, (_req, res) => {
    res.on('finish', () => seen.push(`finish ${loans[0]?.isOver}`));
    res.on('close', () => {
      seen.push(`close ${loans[0]?.isOver}`);
      process.nextTick(() => seen.push(`tick ${loans[0]?.isOver}`));
    });
    res.end('hello');
  });
  await (await client()).receive('hello');
  await immediate();
  t.deepEqual(seen, ['finish false', 'close false', 'tick true']);
  t.deepEqual(loans[0]?.calls, ['beginReply', 'write', 'end true']);
});

for (const [title, keepAlive, request, listener] of [
  ['a reply that is kept alive', true, GET, (_req, res) => res.end('over')],
  ['the close header of the app', false, GET, (_req, res) => res.setHeader('Connection', 'close').end('over')],
  [
    'the client that asks for it',
    false,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    (_req, res) => res.end('over'),
  ],
  ['HTTP/1.0', false, 'GET / HTTP/1.0\r\n\r\n', (_req, res) => res.end('over')],
  [
    'a reply of unknown length',
    false,
    GET,
    (_req, res) => {
      res.removeHeader('Content-Length');
      res.removeHeader('Transfer-Encoding');
      res.end('over');
    },
  ],
] as readonly [string, boolean, string, RequestListener][]) {
  test(`the connection ${keepAlive ? 'lives on after' : 'ends with'} ${title}`, async (t) => {
    const { client, loans } = await start(t, listener);
    const connection = await client(request);
    await connection.receive('over');
    if (!keepAlive) await once(connection.socket, 'end');
    t.is(loans[0]?.calls.at(-1), `end ${keepAlive}`);
  });
}

test('a 1xx reply takes the right to write and gives it back, each time', async (t) => {
  const { client, loans } = await start(t, (_req, res) => {
    res.writeProcessing();
    setImmediate(() => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.end('after');
    });
  });
  await (await client()).receive('after');
  t.deepEqual(loans[0]?.calls.slice(0, -1), [
    'beginReply',
    'write',
    'endInformational',
    'beginReply',
    'write',
    'endInformational',
    'beginReply',
    'write',
  ]);
});

test('a reply that the kernel does not take at once goes on with a duplicate, every byte in order', async (t) => {
  const size = 24 * MEGABYTE;
  const body = Buffer.alloc(size);
  for (let index = 0; index < size; index += 4) body.writeUInt32LE(index, index);
  const { client, loans } = await start(t, (_req, res) => {
    let offset = 0;
    res.writeHead(200, { 'Content-Length': size });
    const fill = (): void => {
      while (offset < size) {
        const end = Math.min(offset + 700_000, size);
        const isFree = res.write(body.subarray(offset, end));
        offset = end;
        if (!isFree) {
          res.once('drain', fill);
          return;
        }
      }
      res.end();
    };
    fill();
  });
  const connection = await client();
  const pieces: Buffer[] = [];
  let received = 0;
  connection.socket.removeAllListeners('data');
  connection.socket.on('data', (piece) => {
    pieces.push(piece);
    received += piece.length;
  });
  connection.socket.pause();
  while (!loans[0]?.calls.includes('requestDuplicate')) await immediate();
  connection.socket.resume();
  while (received < size) await once(connection.socket, 'data');
  const all = Buffer.concat(pieces);
  t.true(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(body));
  t.is(loans[0].calls.filter((call) => call === 'requestDuplicate').length, 1);
});

test('a client that takes nothing of a reply is let go after writeTimeoutMs', async (t) => {
  let closes = 0;
  const { client, loans } = await start(
    t,
    (_req, res) => {
      res.on('close', () => (closes += 1));
      res.write(Buffer.alloc(24 * MEGABYTE));
    },
    { writeTimeoutMs: 50 },
  );
  const connection = await client();
  connection.socket.pause();
  while (loans[0]?.isOver !== true) await immediate();
  t.is(loans[0].calls.at(-1), 'end false');
  t.is(closes, 1);
});

// Serial: with the processor to itself no pause of the client's is as long as the time-out.
test.serial('a client that is slow and goes on reading is not let go', async (t) => {
  const size = 24 * MEGABYTE;
  const { client } = await start(t, (_req, res) => res.end(Buffer.alloc(size)), { writeTimeoutMs: 1000 });
  const connection = await client();
  let received = 0;
  let isClosed = false;
  connection.socket.removeAllListeners('data');
  connection.socket.on('close', () => (isClosed = true));
  connection.socket.on('data', (piece) => {
    received += piece.length;
    connection.socket.pause();
  });
  // Takes a piece now and then, for longer than the time-out in all.
  const timer = setInterval(() => connection.socket.resume(), 10);
  const begun = Date.now();
  while (received < 18 * MEGABYTE && Date.now() - begun < 2500 && !isClosed) await immediate();
  clearInterval(timer);
  connection.socket.on('data', () => connection.socket.resume());
  connection.socket.resume();
  while (received < size && !isClosed) await immediate();
  t.true(received >= size, `${received} of ${size} bytes`);
});

const openDescriptors = (): number => readdirSync('/dev/fd').length;

test.serial('a duplicate that comes too late is closed', async (t) => {
  let give: (isGiven: boolean) => void = () => {};
  const { client, loans } = await start(t, (_req, res) => {
    const [loan] = loans;
    if (loan !== undefined) loan.duplicates = new Promise((resolve) => (give = resolve));
    res.on('close', () => closed());
    res.write(Buffer.alloc(24 * MEGABYTE));
    setImmediate(() => res.destroy());
  });
  let closed = (): void => {};
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const connection = await client();
  connection.socket.pause();
  await isClosed;
  connection.socket.destroy();
  await immediate();
  const before = openDescriptors();
  give(true);
  // Its handle closes in the loop's closing phase.
  for (let turn = 0; turn < 4; turn += 1) await immediate();
  t.true(openDescriptors() < before);
});

test('nothing is written once the loan was taken back, and the app hears of it', async (t) => {
  const seen: string[] = [];
  const { client, loans } = await start(t, (req, res) => {
    req.on('aborted', () => seen.push('aborted'));
    res.on('close', () => {
      seen.push('close');
      res.write('late', (error) => seen.push((error as NodeJS.ErrnoException).code ?? ''));
      res.end('later');
      setImmediate(() => done());
    });
    loans[0]?.revoke();
  });
  let done = (): void => {};
  const isDone = new Promise<void>((resolve) => (done = resolve));
  await client();
  await isDone;
  t.deepEqual(seen, ['aborted', 'close', 'ERR_STREAM_DESTROYED']);
  t.false(loans[0]?.calls.includes('write'));
});

test('a loan that was taken back without a word is found out by the next write', async (t) => {
  const errors: string[] = [];
  const { client, loans } = await start(t, (_req, res) => {
    const [loan] = loans;
    if (loan !== undefined) loan.isOver = true;
    res.write('never', (error) => errors.push((error as NodeJS.ErrnoException).code ?? ''));
    res.on('close', () => done());
  });
  let done = (): void => {};
  const isDone = new Promise<void>((resolve) => (done = resolve));
  const connection = await client();
  await isDone;
  t.deepEqual(errors, ['ERR_STREAM_DESTROYED']);
  t.is(connection.text, '');
});

test('a socket destroyed after its request asks for a close only if the connection is still idle', async (t) => {
  const { client, loans } = await start(t, (req, res) => {
    const { socket } = req;
    res.on('close', () => setImmediate(() => socket.destroy()));
    res.end('over');
  });
  const connection = await client();
  await once(connection.socket, 'end');
  t.deepEqual(loans[0]?.calls.slice(-2), ['end true', 'closeIfIdle']);
});

test('the requests of a connection share one socket, which keeps nothing of the last one', async (t) => {
  const sockets: IncomingMessage['socket'][] = [];
  const { client } = await start(t, (req, res) => {
    sockets.push(req.socket);
    res.end(req.url);
  });
  const connection = await client('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await connection.receive('/1');
  await immediate();
  const [first] = sockets as unknown as [LoanSocket];
  t.is(first.incoming, undefined);
  t.is(first.outgoing, undefined);
  connection.socket.write(
    'POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyGET /3 HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  await connection.receive('/3');
  t.is(sockets.length, 3);
  t.is(new Set(sockets).size, 1);
});

for (const [title, leave] of [
  ['a listener', (socket) => socket.on('close', () => {})],
  ["a listener in the place of node's", (socket) => socket.removeAllListeners('close').on('close', () => {})],
  ['a listener too few', (socket) => socket.removeAllListeners('timeout')],
  ['a time-out', (socket) => socket.setTimeout(60_000)],
  ['its paused state', (socket) => socket.pause()],
  ['its cork', (socket) => socket.cork()],
] as readonly [string, (socket: IncomingMessage['socket']) => void][]) {
  test(`what an app leaves on its socket reaches no other request: ${title}`, async (t) => {
    const sockets: IncomingMessage['socket'][] = [];
    const { client } = await start(t, (req, res) => {
      sockets.push(req.socket);
      if (sockets.length === 1) res.on('close', () => leave(req.socket));
      res.end(req.url);
    });
    const connection = await client('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.receive('/1');
    for (const target of ['/2', '/3']) {
      connection.socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await connection.receive(target);
    }
    t.not(sockets[1], sockets[0]);
    t.is(sockets[2], sockets[1]);
  });
}

test('while the server drains every reply says connection: close', async (t) => {
  const { client, loans } = await start(t, (_req, res) => res.end('last'), { isDraining: () => true });
  const connection = await client();
  await once(connection.socket, 'end');
  t.true(connection.text.includes('Connection: close\r\n'));
  t.is(loans[0]?.calls.at(-1), 'end false');
});

test('a drain reaches the replies whose head is not written yet', async (t) => {
  const { client, loans } = await start(t, (_req, res) => {
    loans[0]?.borrower?.drain();
    res.end('last');
  });
  const connection = await client();
  await once(connection.socket, 'end');
  t.true(connection.text.includes('Connection: close\r\n'));
});

test('an app that throws, or whose promise rejects, gives 500 and a log line, and the connection lives on', async (t) => {
  const failures: RequestListener[] = [
    () => {
      throw new Error('thrown');
    },
    async (_req, res) => {
      res.setHeader('Set-Cookie', 'secret');
      await immediate();
      throw new Error('rejected');
    },
  ];
  const { client, logged } = await start(t, (req, res) => {
    const failure = failures.shift();
    if (failure === undefined) res.end('well');
    else return failure(req, res);
  });
  const connection = await client(GET);
  await connection.receive(INTERNAL_SERVER_ERROR.text);
  connection.socket.write(GET);
  while (connection.received.length < 2 * INTERNAL_SERVER_ERROR.bytes.length) await once(connection.socket, 'data');
  t.is(connection.text, INTERNAL_SERVER_ERROR.text + INTERNAL_SERVER_ERROR.text);
  connection.socket.write(GET);
  await connection.receive('well');
  t.deepEqual(logged, [
    'error the app failed to handle a request: thrown',
    'error the app failed to handle a request: rejected',
  ]);
});

test('an app that fails in its reply cuts the connection', async (t) => {
  const { client, logged, loans } = await start(t, async (_req, res) => {
    res.write('half');
    await immediate();
    throw new Error('in the reply');
  });
  const connection = await client();
  await once(connection.socket, 'end');
  t.true(connection.text.endsWith('half\r\n'));
  t.deepEqual(logged, ['error the app failed to handle a request: in the reply']);
  t.is(loans[0]?.calls.at(-1), 'end false');
});

test('the 500 for HTTP/1.0 and for a closing client says close; for HEAD it has no body', async (t) => {
  const { client } = await start(t, () => {
    throw new Error('thrown');
  });
  for (const request of [
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  ]) {
    const connection = await client(request);
    await once(connection.socket, 'end');
    t.is(connection.text, INTERNAL_SERVER_ERROR.closeBytes.toString('latin1'));
  }
  const head = await client(GET.replace('GET', 'HEAD'));
  await head.receive('\r\n\r\n');
  t.is(head.text, INTERNAL_SERVER_ERROR.headBytes.toString('latin1'));
});

test("a request class of the app's own that throws costs its connection, not the thread", async (t) => {
  class Unmakeable extends IncomingMessage {
    constructor(socket: Socket) {
      super(socket);
      throw new Error('own class');
    }
  }
  const serverOptions = { IncomingMessage: Unmakeable } as ServerOptions;
  const { client, logged, loans } = await start(t, (_req, res) => res.end('never'), {}, serverOptions);
  const connection = await client();
  await once(connection.socket, 'end');
  t.deepEqual(logged, ['error the request could not be made: own class']);
  t.is(loans[0]?.calls.at(-1), 'end false');
});

test('the addresses are those that travelled with the request', async (t) => {
  const { client } = await start(t, (req, res) => {
    const { remoteAddress, remotePort, localAddress, localPort } = req.socket;
    res.end(JSON.stringify([remoteAddress, remotePort, localAddress, localPort, req.socket.address()]));
  });
  const connection = await client();
  await connection.receive(']');
  const { localPort, remotePort } = connection.socket;
  t.deepEqual(JSON.parse(connection.text.slice(connection.text.indexOf('\r\n\r\n') + 4)), [
    '127.0.0.1',
    localPort,
    '127.0.0.1',
    remotePort,
    { address: '127.0.0.1', family: 'IPv4', port: remotePort },
  ]);
});
