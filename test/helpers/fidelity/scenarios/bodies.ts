/** Requests: what stands in them, and every way to read a body or not to. */
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import type { Scenario } from '../scenario.ts';
import { called } from './attempt.ts';

const POST = { method: 'POST', body: 'the body of it' };
const LARGE = { method: 'POST', body: 'z'.repeat(40_000) };

const state = (req: IncomingMessage): string =>
  `complete ${req.complete} length ${req.readableLength} flowing ${String(req.readableFlowing)} ended ${req.readableEnded}`;

export const bodies: readonly Scenario[] = [
  {
    name: 'get-state-through-the-turn',
    handle: ({ req, res, log }) => {
      log(`sync ${state(req)}`);
      process.nextTick(() => log(`tick ${state(req)}`));
      void Promise.resolve().then(() => log(`microtask ${state(req)}`));
      setImmediate(() => {
        log(`immediate ${state(req)}`);
        res.end('got');
      });
    },
  },
  {
    name: 'post-state-through-the-turn',
    only: 'request',
    until: [`res1 'close'`],
    request: POST,
    handle: ({ req, res, log }) => {
      log(`sync ${state(req)} read ${String(req.read())}`);
      process.nextTick(() => log(`tick ${state(req)}`));
      void Promise.resolve().then(() => log(`microtask ${state(req)}`));
      setImmediate(() => {
        log(`immediate ${state(req)}`);
        res.end('got');
      });
    },
  },
  {
    name: 'post-data-and-end',
    request: POST,
    handle: ({ req, res, log }) => {
      let body = '';
      req.on('data', (piece: Buffer) => {
        log(`data ${state(req)}`);
        body += piece.toString();
      });
      req.on('end', () => {
        log(`end ${state(req)}`);
        res.end(body);
      });
    },
  },
  {
    name: 'post-reply-before-the-body',
    request: POST,
    handle: ({ req, res, log }) => {
      res.end('early');
      req.on('data', () => log('data'));
      req.on('end', () => log('end'));
    },
  },
  { name: 'post-never-read', request: POST, handle: ({ res }) => res.end('unread') },
  {
    name: 'post-never-read-slow-reply',
    only: 'request',
    request: POST,
    handle: ({ res }) => setImmediate(() => setImmediate(() => res.end('unread'))),
  },
  {
    name: 'post-half-read',
    request: LARGE,
    handle: ({ req, res, log }) => {
      req.once('readable', () => {
        log(`half ${req.read(10)?.length}`);
        res.end('half');
      });
    },
  },
  {
    name: 'post-paused-for-ever',
    until: [`res1 'close'`],
    request: POST,
    handle: ({ req, res }) => {
      req.on('data', () => {});
      req.pause();
      res.end('paused');
    },
  },
  {
    name: 'post-paused-then-resumed',
    only: 'request',
    request: POST,
    handle: ({ req, res, log }) => {
      req.on('data', () => log('data'));
      req.on('end', () => res.end('resumed'));
      req.pause();
      setImmediate(() => setImmediate(() => req.resume()));
    },
  },
  {
    name: 'post-listener-comes-late',
    only: 'request',
    request: POST,
    handle: ({ req, res, log }) => {
      setImmediate(() => {
        log(state(req));
        req.on('data', () => log('data'));
        req.on('end', () => res.end('late'));
      });
    },
  },
  {
    name: 'post-readable-event',
    request: POST,
    handle: ({ req, res, log }) => {
      req.on('readable', () => log(`readable ${String(req.read())}`));
      req.on('end', () => res.end('read'));
    },
  },
  {
    name: 'post-set-encoding',
    request: { ...POST, body: 'gr\u00c3\u00bcn' },
    handle: ({ req, res }) => {
      let body = '';
      req.setEncoding('utf8');
      req.on('data', (piece: string) => (body += piece));
      req.on('end', () => res.end(body));
    },
  },
  {
    name: 'post-async-iteration',
    request: POST,
    handle: async ({ req, res, log }) => {
      for await (const piece of req) log(`piece ${String(piece)} ${state(req)}`);
      log(state(req));
      res.end('iterated');
    },
  },
  {
    name: 'post-async-iteration-broken-off',
    request: POST,
    handle: async ({ req, res, log }) => {
      for await (const piece of req) {
        log(`piece ${String(piece)}`);
        break;
      }
      res.end('broken off');
    },
  },
  {
    name: 'post-consumer',
    request: POST,
    handle: async ({ req, res }) => res.end(await text(req)),
  },
  {
    name: 'get-async-iteration',
    handle: async ({ req, res, log }) => {
      for await (const piece of req) log(`piece ${String(piece)}`);
      res.end('nothing');
    },
  },
  {
    name: 'post-body-after-the-head',
    request: POST,
    handle: ({ req, res }) => {
      req.resume();
      req.on('end', () => res.end('whole'));
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.send(client.text());
    },
  },
  {
    name: 'post-large-data',
    request: LARGE,
    handle: ({ req, res }) => {
      let length = 0;
      req.on('data', (piece: Buffer) => (length += piece.length));
      req.on('end', () => res.end(String(length)));
    },
  },
  { name: 'post-large-never-read', request: LARGE, handle: ({ res }) => res.end('unread') },
  {
    name: 'post-empty',
    request: { method: 'POST', body: '' },
    handle: ({ req, res }) => req.on('end', () => res.end('empty')).resume(),
  },
  {
    name: 'two-posts-one-connection',
    exchanges: 2,
    request: POST,
    handle: ({ req, res, number, reached }) => {
      if (number > 1) return void req.pipe(res);
      // A client that is faster than the rest of this request changes the order, of node:http too.
      req.on('close', () => reached('closed'));
      res.end('unread 1');
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('unread 1');
      await client.reaches('closed');
      connection.send(client.text());
      await connection.receive('the body of it');
    },
  },
  {
    name: 'head-of-a-request',
    request: {
      method: 'PUT',
      headers: [
        'Accept: a',
        'accept: b',
        'Cookie: a=1',
        'Cookie: b=2',
        'X-Latin: gr\u00fcn',
        'X-Empty:',
        'X-Spaces:   padded \t ',
        '__proto__: polluted',
        'Age: 1',
        'Age: 2',
        'Set-Cookie: c=1',
        'Set-Cookie: d=2',
      ],
      body: 'x',
    },
    handle: ({ req, res, log }) => {
      log(`${req.method} ${req.url?.split('?')[0]} ${req.httpVersion} ${req.httpVersionMajor} ${req.httpVersionMinor}`);
      log(JSON.stringify(req.headers));
      log(JSON.stringify(req.rawHeaders));
      log(JSON.stringify(req.headersDistinct));
      log(`${JSON.stringify(req.trailers)} ${JSON.stringify(req.rawTrailers)}`);
      log(`${String(req.statusCode)} ${String(req.statusMessage)} ${String(Reflect.get(req, 'upgrade'))}`);
      res.end();
    },
  },
  {
    name: 'socket-of-a-request',
    handle: ({ req, res, log, server }) => {
      const { socket } = req;
      log(`${socket.remoteAddress} ${socket.remoteFamily} ${typeof socket.remotePort} ${socket.localAddress}`);
      log(`${String(Reflect.get(socket, 'encrypted'))} ${socket.readyState} ${socket.connecting} ${socket.pending}`);
      log(`${socket.destroyed} ${socket.writable} ${socket.readable} ${socket.writableLength} ${socket.timeout}`);
      log(`${socket.setNoDelay() === socket} ${socket.setKeepAlive() === socket} ${socket.ref() === socket}`);
      log(`${Reflect.get(socket, 'server') === server} ${socket.readableFlowing} ${socket.allowHalfOpen}`);
      log(`${socket.writableHighWaterMark === res.writableHighWaterMark} ${socket.listenerCount('timeout')}`);
      log(`${socket.listenerCount('error')} ${socket.listenerCount('drain')} ${socket.listenerCount('close')}`);
      res.end();
    },
  },
  {
    name: 'req-destroy-at-once',
    request: POST,
    handle: ({ req }) => req.destroy(),
  },
  {
    name: 'req-destroy-with-error',
    request: POST,
    handle: (exchange) => {
      exchange.req.on('error', called(exchange, 'error listener'));
      exchange.req.destroy(new Error('of the app'));
    },
  },
  {
    name: 'req-destroy-in-data',
    request: POST,
    handle: ({ req }) => {
      req.on('data', () => req.destroy());
    },
  },
  {
    name: 'req-destroy-after-end',
    request: POST,
    handle: ({ req, res, log }) => {
      req.resume();
      req.on('end', () => {
        req.destroy();
        log(`destroyed ${req.destroyed}`);
        setImmediate(() => res.end('still'));
      });
    },
  },
  {
    name: 'req-destroy-after-reply',
    request: POST,
    handle: ({ req, res }) => {
      res.end('done');
      res.on('finish', () => req.destroy());
    },
  },
  {
    name: 'req-events-without-listeners',
    handle: ({ res }) => setImmediate(() => res.end('later')),
  },
  {
    name: 'chunked-request',
    only: 'connection',
    request: { method: 'POST', headers: ['Transfer-Encoding: chunked'] },
    handle: ({ req, res }) => req.pipe(res),
    client: async (client) => {
      const connection = await client.connect();
      connection.send(`${client.text()}5\r\nhello\r\n0\r\n\r\n`);
    },
  },
  {
    name: 'chunked-request-with-trailers',
    only: 'connection',
    request: { method: 'POST', headers: ['Transfer-Encoding: chunked', 'Trailer: X-Sum'] },
    handle: ({ req, res, log }) => {
      req.resume();
      req.on('end', () => {
        log(JSON.stringify(req.trailers));
        res.end();
      });
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.send(`${client.text()}5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n`);
    },
  },
  {
    name: 'expect-continue',
    only: 'connection',
    request: { method: 'POST', headers: ['Expect: 100-continue', 'Content-Length: 5'] },
    handle: ({ req, res }) => req.pipe(res),
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('100 Continue');
      connection.send('hello');
    },
  },
];
