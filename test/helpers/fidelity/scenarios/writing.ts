/** Writing a reply: callbacks, cork, back-pressure, and what is refused. */
import type { Scenario } from '../scenario.ts';
import { attempt, called } from './attempt.ts';

const MEGABYTE = 1_048_576;

export const writing: readonly Scenario[] = [
  {
    name: 'write-callbacks-in-order',
    handle: (exchange) => {
      const { res } = exchange;
      res.write('a', called(exchange, 'a'));
      res.write('b', called(exchange, 'b'));
      res.end('c', called(exchange, 'end'));
      res.on('finish', () => exchange.log('finish listener'));
    },
  },
  {
    name: 'write-callback-then-next',
    handle: (exchange) => {
      const { res } = exchange;
      res.write('a', () => {
        exchange.log(`length ${res.writableLength}`);
        res.write('b', () => res.end('c'));
      });
    },
  },
  {
    name: 'write-in-later-turns',
    handle: ({ res }) => {
      let count = 0;
      const next = (): void => {
        count += 1;
        if (count === 4) res.end('!');
        else res.write(`part ${count} `, () => setImmediate(next));
      };
      next();
    },
  },
  {
    name: 'write-returns-and-lengths',
    handle: ({ res, log }) => {
      log(`before ${res.writableLength} ${res.writableHighWaterMark} ${res.writableNeedDrain}`);
      log(`small ${res.write('x'.repeat(100))}`);
      log(`length ${res.writableLength} corked ${res.writableCorked}`);
      log(`large ${res.write('x'.repeat(200_000))} ${res.writableNeedDrain}`);
      res.on('drain', () => {
        log(`drained ${res.writableLength} ${res.writableNeedDrain}`);
        res.end();
      });
    },
  },
  {
    name: 'cork-and-uncork',
    handle: ({ res, log }) => {
      res.cork();
      log(`corked ${res.writableCorked}`);
      for (const part of ['a', 'b', 'c']) log(`write ${res.write(part)}`);
      res.uncork();
      log(`corked ${res.writableCorked}`);
      res.end('d');
    },
  },
  {
    name: 'cork-twice',
    handle: ({ res }) => {
      res.cork();
      res.cork();
      res.write('a');
      res.uncork();
      res.write('b');
      res.uncork();
      res.end();
    },
  },
  {
    name: 'cork-then-end',
    handle: ({ res }) => {
      res.cork();
      res.write('a');
      res.end('b');
    },
  },
  {
    name: 'cork-with-length',
    handle: ({ res }) => {
      res.writeHead(200, { 'Content-Length': 3 });
      res.cork();
      res.write('a');
      res.write(Buffer.from('b'));
      res.write('c', 'latin1');
      process.nextTick(() => res.uncork());
      setImmediate(() => res.end());
    },
  },
  {
    name: 'cork-the-socket',
    handle: ({ res, req }) => {
      req.socket.cork();
      res.write('a');
      res.write('b');
      setImmediate(() => {
        req.socket.uncork();
        res.end();
      });
    },
  },
  {
    name: 'many-writes-until-false',
    isHeavy: true,
    handle: ({ res, log }) => {
      let count = 0;
      const fill = (): void => {
        while (count < 400) {
          count += 1;
          if (!res.write(Buffer.alloc(4096, count))) {
            res.once('drain', fill);
            return;
          }
        }
        log(`count ${count}`);
        res.end();
      };
      fill();
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('0\r\n\r\n');
    },
  },
  {
    name: 'large-body-at-once',
    isHeavy: true,
    handle: ({ res, log }) => {
      res.end(Buffer.alloc(MEGABYTE, 'x'), () => log('ended'));
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receiveBytes(MEGABYTE);
    },
  },
  {
    name: 'slow-reader',
    isHeavy: true,
    handle: ({ res, log, reached }) => {
      res.end(Buffer.alloc(12 * MEGABYTE, 'x'), () => log('ended'));
      log(`queued ${res.writableLength > 0}`);
      setImmediate(() => reached('blocked'));
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.pause();
      connection.send(client.text());
      await client.reaches('blocked');
      connection.resume();
      await connection.receiveBytes(12 * MEGABYTE);
    },
  },
  {
    name: 'slow-reader-of-many-writes',
    isHeavy: true,
    drainsOften: true,
    handle: ({ res, log, reached }) => {
      let count = 0;
      let drains = 0;
      const fill = (): void => {
        while (count < 192) {
          count += 1;
          if (!res.write('y'.repeat(65_536))) {
            res.once('drain', () => {
              drains += 1;
              fill();
            });
            if (count === 100) reached('blocked');
            return;
          }
        }
        log(`waited ${drains > 0}`);
        res.end();
      };
      fill();
      setImmediate(() => reached('blocked'));
    },
    until: ['waited', `req1 'close'`, `res1 'close'`],
    client: async (client) => {
      const connection = await client.connect();
      connection.pause();
      connection.send(client.text());
      await client.reaches('blocked');
      connection.resume();
      await connection.receive('0\r\n\r\n');
    },
  },
  {
    name: 'end-twice',
    handle: (exchange) => {
      const { res } = exchange;
      res.end('once', called(exchange, 'first'));
      res.end(called(exchange, 'second'));
    },
  },
  {
    name: 'end-after-finish',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('finish', () => res.end(called(exchange, 'second')));
      res.end('once');
    },
  },
  {
    name: 'end-with-chunk-after-end',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('error', called(exchange, 'error listener'));
      res.end('once');
      res.end('twice', called(exchange, 'second'));
    },
  },
  {
    name: 'write-after-end',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('error', called(exchange, 'error listener'));
      res.end('once');
      exchange.log(`write ${res.write('late', called(exchange, 'write'))}`);
    },
  },
  {
    name: 'write-after-finish',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('error', called(exchange, 'error listener'));
      res.on('finish', () => exchange.log(`write ${res.write('late', called(exchange, 'write'))}`));
      res.end('once');
    },
  },
  {
    name: 'write-after-close',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('close', () => exchange.log(`write ${res.write('late', called(exchange, 'write'))}`));
      res.end('once');
    },
  },
  {
    name: 'headers-after-sent',
    handle: (exchange) => {
      const { res } = exchange;
      res.write('sent');
      attempt(exchange, 'setHeader', () => res.setHeader('X-Late', '1'));
      attempt(exchange, 'writeHead', () => res.writeHead(200));
      attempt(exchange, 'removeHeader', () => res.removeHeader('X-Late'));
      attempt(exchange, 'writeEarlyHints', () => res.writeEarlyHints({ link: '</a>; rel=preload' }));
      res.end();
    },
  },
  {
    name: 'invalid-arguments',
    handle: (exchange) => {
      const { res } = exchange;
      attempt(exchange, 'header name', () => res.setHeader('bad name', '1'));
      attempt(exchange, 'header value', () => res.setHeader('X-Bad', 'a\r\nb'));
      attempt(exchange, 'status', () => res.writeHead(99));
      attempt(exchange, 'null', () => res.write(null));
      attempt(exchange, 'number', () => res.write(7 as unknown as string));
      res.end('refused');
    },
  },
  {
    name: 'strict-length-too-much',
    handle: (exchange) => {
      const { res } = exchange;
      res.strictContentLength = true;
      res.writeHead(200, { 'Content-Length': 3 });
      attempt(exchange, 'write', () => res.write('four'));
      attempt(exchange, 'write', () => res.write('abc'));
      attempt(exchange, 'end', () => void res.end());
    },
  },
  {
    name: 'strict-length-too-little',
    handle: (exchange) => {
      const { res } = exchange;
      res.strictContentLength = true;
      res.writeHead(200, { 'Content-Length': 3 });
      attempt(exchange, 'end', () => void res.end('ab'));
      res.destroy();
    },
  },
  {
    name: 'length-header-too-large',
    request: { headers: ['Connection: close'] },
    handle: ({ res }) => {
      res.writeHead(200, { 'Content-Length': 10 });
      res.end('short');
    },
  },
  {
    name: 'empty-writes',
    handle: (exchange) => {
      const { res } = exchange;
      res.write('', called(exchange, 'empty'));
      res.write(Buffer.alloc(0), called(exchange, 'empty buffer'));
      res.end('', called(exchange, 'end'));
    },
  },
  {
    name: 'detached-and-attached-state',
    handle: ({ req, res, log }) => {
      log(`same ${res.socket === req.socket} ${res.connection === req.connection} ${res.req === req}`);
      res.on('finish', () => log(`finish socket ${res.socket === null}`));
      res.on('close', () => log(`close socket ${res.socket === null} request ${req.socket === null}`));
      res.end('state');
    },
  },
];
