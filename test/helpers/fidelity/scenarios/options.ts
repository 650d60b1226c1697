/** Options of the app's server that its requests and replies depend on. */
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Scenario } from '../scenario.ts';
import { attempt, called } from './attempt.ts';

class OwnRequest extends IncomingMessage {
  get own(): string {
    return 'own request';
  }
}

class OwnResponse extends ServerResponse {
  own(): this {
    this.setHeader('X-Own', 'yes');
    return this;
  }
}

type Options = NonNullable<Scenario['options']>;

const MANY_HEADERS = Array.from({ length: 10 }, (_, index) => `X-${index}: ${index}`);

export const options: readonly Scenario[] = [
  {
    name: 'own-classes',
    options: { IncomingMessage: OwnRequest, ServerResponse: OwnResponse } as Options,
    handle: ({ req, res, log }) => {
      log(`${req instanceof OwnRequest} ${(req as OwnRequest).own} ${res instanceof OwnResponse}`);
      (res as OwnResponse).own().end('own');
    },
  },
  {
    name: 'unique-headers',
    options: { uniqueHeaders: ['x-list'] } as Options,
    handle: ({ res }) => {
      res.setHeader('X-List', ['a', 'b']);
      res.setHeader('X-Other', ['a', 'b']);
      res.end();
    },
  },
  {
    name: 'join-duplicate-headers',
    options: { joinDuplicateHeaders: true } as Options,
    request: { headers: ['Age: 1', 'Age: 2'] },
    handle: ({ req, res, log }) => {
      log(JSON.stringify(req.headers));
      res.end();
    },
  },
  {
    name: 'reject-non-standard-body-writes',
    options: { rejectNonStandardBodyWrites: true } as Options,
    request: { method: 'HEAD' },
    handle: (exchange) => {
      attempt(exchange, 'write', () => exchange.res.write('body'));
      exchange.res.end();
    },
  },
  {
    name: 'high-water-mark',
    options: { highWaterMark: 100 } as Options,
    handle: (exchange) => {
      const { req, res } = exchange;
      exchange.log(`${req.readableHighWaterMark} ${res.writableHighWaterMark} ${req.socket.writableHighWaterMark}`);
      exchange.log(`write ${res.write('x'.repeat(99))}`);
      exchange.log(`write ${res.write('x'.repeat(99), called(exchange, 'second'))}`);
      res.on('drain', () => res.end());
    },
  },
  {
    name: 'max-headers-count',
    prepare: (server) => {
      server.maxHeadersCount = 5;
    },
    request: { headers: MANY_HEADERS },
    handle: ({ req, res, log }) => {
      log(JSON.stringify(req.headers));
      res.end();
    },
  },
  {
    name: 'max-headers-count-unlimited',
    prepare: (server) => {
      server.maxHeadersCount = 0;
    },
    request: { headers: MANY_HEADERS },
    handle: ({ req, res, log }) => {
      log(JSON.stringify(req.headers));
      res.end();
    },
  },
  {
    name: 'max-requests-per-socket',
    only: 'request',
    exchanges: 2,
    prepare: (server) => {
      server.maxRequestsPerSocket = 2;
    },
    handle: ({ res, number }) => res.end(`reply ${number}`),
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('reply 1');
      connection.send(client.text());
      await connection.receive('reply 2');
    },
  },
  {
    name: 'optimize-empty-requests',
    options: { optimizeEmptyRequests: true } as Options,
    until: [`res1 'close'`],
    handle: ({ req, res, log }) => {
      log(`readable ${req.readable} ended ${req.readableEnded} destroyed ${req.destroyed}`);
      res.end('optimized');
    },
  },
  {
    name: 'optimize-empty-requests-with-a-body',
    options: { optimizeEmptyRequests: true } as Options,
    request: { method: 'POST', body: 'x' },
    handle: ({ req, res }) => req.pipe(res),
  },
  {
    name: 'insecure-parser-allows-odd-values',
    options: { insecureHTTPParser: true },
    handle: (exchange) => {
      attempt(exchange, 'setHeader', () => exchange.res.setHeader('X-Odd', 'a\u0001b') === exchange.res);
      exchange.res.end();
    },
  },
  {
    name: 'capture-rejections-in-the-reply',
    capturesRejections: true,
    handle: async ({ res }) => {
      res.write('half');
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('captured');
    },
  },
];
