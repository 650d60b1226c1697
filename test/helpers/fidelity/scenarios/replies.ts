/** Replies as they stand on the wire: heads, lengths, 1xx, trailers, keep-alive and close. */
import { STATUS_CODES } from 'node:http';
import type { Scenario } from '../scenario.ts';
import { attempt } from './attempt.ts';

const statuses: Scenario[] = [200, 204, 205, 304, 404, 503].flatMap((status): Scenario[] => [
  {
    name: `status-${status}-end`,
    handle: ({ res }) => {
      res.statusCode = status;
      res.end();
    },
  },
  {
    name: `status-${status}-body`,
    handle: ({ res }) => {
      res.writeHead(status, { 'X-Status': STATUS_CODES[status] });
      res.end('body');
    },
  },
]);

const versions: Scenario[] = [
  { version: '1.0', headers: [] },
  { version: '1.0', headers: ['Connection: keep-alive'] },
  { version: '1.0', headers: ['Connection: close'] },
  { version: '1.1', headers: ['Connection: close'] },
  { version: '1.1', headers: ['Connection: keep-alive'] },
].flatMap((request): Scenario[] => {
  const name = `version-${request.version}-${request.headers.join('').split(' ')[1] ?? 'silent'}`;
  return [
    { name: `${name}-end`, request, handle: ({ res }) => res.end('hello') },
    {
      name: `${name}-write`,
      request,
      handle: ({ res }) => {
        res.write('hello ');
        res.end('world');
      },
    },
  ];
});

export const replies: readonly Scenario[] = [
  ...statuses,
  ...versions,
  { name: 'end-buffer', handle: ({ res }) => res.end(Buffer.from('buffer')) },
  { name: 'end-uint8array', handle: ({ res }) => res.end(new Uint8Array([104, 105])) },
  { name: 'end-utf8', handle: ({ res }) => res.end('grün €') },
  { name: 'end-latin1', handle: ({ res }) => res.end('gr\u00fcn', 'latin1') },
  { name: 'end-base64', handle: ({ res }) => res.end('aGVsbG8=', 'base64') },
  {
    name: 'headers-of-all-kinds',
    handle: ({ res, log }) => {
      res.setHeader('Set-Cookie', ['a=1', 'b=2']);
      res.setHeader('X-Number', 7);
      res.appendHeader('X-Many', 'one');
      res.appendHeader('X-Many', 'two');
      res.setHeaders(new Map([['x-from-map', 'yes']]));
      log(JSON.stringify(res.getHeaders()));
      res.removeHeader('X-Number');
      res.end('headers');
    },
  },
  {
    name: 'write-head-array',
    handle: ({ res }) => {
      res.writeHead(200, 'Fine', ['X-A', '1', 'X-A', '2', 'Content-Length', '2']);
      res.end('ok');
    },
  },
  {
    name: 'content-disposition-latin1',
    handle: ({ res }) => {
      res.setHeader('Content-Disposition', 'attachment; filename="gr\u00fcn"');
      res.end('ok');
    },
  },
  {
    name: 'no-date',
    handle: ({ res }) => {
      res.sendDate = false;
      res.end('undated');
    },
  },
  {
    name: 'connection-close-header',
    handle: ({ res }) => {
      res.setHeader('Connection', 'close');
      res.end('closing');
    },
  },
  {
    name: 'connection-keep-alive-header',
    handle: ({ res }) => {
      res.setHeader('Connection', 'keep-alive');
      res.end('staying');
    },
  },
  {
    name: 'keep-alive-header-of-the-app',
    handle: ({ res }) => {
      res.setHeader('Keep-Alive', 'timeout=77');
      res.end('staying');
    },
  },
  {
    name: 'removed-connection-header',
    handle: ({ res }) => {
      res.removeHeader('Connection');
      res.end('silent');
    },
  },
  {
    name: 'removed-length-and-encoding',
    handle: ({ res }) => {
      res.removeHeader('Content-Length');
      res.removeHeader('Transfer-Encoding');
      res.write('until ');
      res.end('the end');
    },
  },
  {
    name: 'should-keep-alive-false',
    handle: ({ res }) => {
      res.shouldKeepAlive = false;
      res.end('closing');
    },
  },
  {
    name: 'chunked-204',
    handle: ({ res }) => {
      res.writeHead(204, { 'Transfer-Encoding': 'chunked' });
      res.end();
    },
  },
  {
    name: 'no-chunks-by-default',
    handle: ({ res }) => {
      res.useChunkedEncodingByDefault = false;
      res.write('until ');
      res.end('the end');
    },
  },
  {
    name: 'trailers',
    handle: ({ res }) => {
      res.writeHead(200, { Trailer: 'X-Sum' });
      res.write('body');
      res.addTrailers({ 'X-Sum': '42' });
      res.end();
    },
  },
  {
    name: 'trailers-without-chunks',
    handle: (exchange) => {
      const { res } = exchange;
      attempt(exchange, 'writeHead', () => void res.writeHead(200, { Trailer: 'X-Sum', 'Content-Length': '2' }));
      res.removeHeader('Trailer');
      res.end('ok');
    },
  },
  {
    name: 'head-request',
    request: { method: 'HEAD' },
    handle: ({ res }) => {
      res.setHeader('X-Head', 'yes');
      res.end('not sent');
    },
  },
  {
    name: 'head-request-writes',
    request: { method: 'HEAD' },
    handle: ({ res }) => {
      res.write('not sent');
      res.end();
    },
  },
  {
    name: 'head-request-with-length',
    request: { method: 'HEAD' },
    handle: ({ res }) => {
      res.writeHead(200, { 'Content-Length': 100 });
      res.end();
    },
  },
  {
    name: 'flush-headers',
    handle: async ({ res, reached, told }) => {
      res.flushHeaders();
      reached('flushed');
      await told('go');
      res.end('late');
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('\r\n\r\n');
      client.tell('go');
    },
  },
  {
    name: 'early-hints',
    handle: ({ res }) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload', 'x-trace': '1' });
      res.end('after hints');
    },
  },
  {
    name: 'processing-then-later',
    handle: async ({ res, log, told }) => {
      res.writeProcessing();
      log(`headersSent ${res.headersSent}`);
      await told('go');
      res.writeProcessing();
      res.end('done');
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('102 Processing\r\n\r\n');
      client.tell('go');
    },
  },
  {
    name: 'continue-unasked',
    handle: ({ res }) => {
      res.writeContinue(() => res.end('continued'));
    },
  },
  {
    name: 'early-hints-corked',
    handle: ({ res }) => {
      res.cork();
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.write('a');
      res.uncork();
      res.end('b');
    },
  },
  {
    name: 'hints-then-destroy',
    handle: async ({ res, told }) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      await told('go');
      res.destroy();
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('103 Early Hints');
      client.tell('go');
    },
  },
  {
    name: 'raw-reply-on-the-socket',
    handle: ({ req }) => {
      req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nraw');
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.ended();
      connection.end();
    },
  },
  {
    name: 'two-requests-one-connection',
    exchanges: 2,
    handle: ({ res, number }) => res.end(`reply ${number}`),
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('reply 1');
      connection.send(client.text());
      await connection.receive('reply 2');
    },
  },
  {
    name: 'pipelined-three',
    exchanges: 3,
    handle: ({ res, number }) => res.end(`reply ${number}`),
    client: async (client) => {
      const connection = await client.connect();
      connection.send(client.text() + client.text() + client.text());
      await connection.receive('reply 3');
    },
  },
  {
    name: 'pipelined-behind-a-slow-one',
    exchanges: 2,
    handle: async ({ res, number, told, log, reached }) => {
      log(`handler ${number}`);
      reached(`handler ${number}`);
      if (number === 1) await told('go');
      res.end(`reply ${number}`);
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.send(client.text() + client.text());
      await client.reaches('handler 1');
      client.tell('go');
      await connection.receive('reply 2');
    },
  },
  {
    name: 'pipelined-behind-a-close',
    handle: ({ res, number }) => {
      res.setHeader('Connection', 'close');
      res.end(`reply ${number}`);
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.send(client.text() + client.text());
      await connection.ended();
    },
  },
];
