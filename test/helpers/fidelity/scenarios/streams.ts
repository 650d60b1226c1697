/** req and res as streams: pipe, pipeline, finished, web streams. */
import { Duplex, PassThrough, Readable, Transform, Writable, finished, pipeline } from 'node:stream';
import { pipeline as pipelinePromise } from 'node:stream/promises';
import type { Scenario } from '../scenario.ts';
import { called, codeOf } from './attempt.ts';

const POST = { method: 'POST', body: 'the body of it' };

export const streams: readonly Scenario[] = [
  { name: 'pipe-echo', request: POST, handle: ({ req, res }) => req.pipe(res) },
  { name: 'pipe-a-readable', handle: ({ res }) => Readable.from(['a', 'b', 'c']).pipe(res) },
  {
    name: 'pipe-through-a-transform',
    request: POST,
    handle: ({ req, res }) => {
      const upper = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          done(null, chunk.toString().toUpperCase());
        },
      });
      req.pipe(upper).pipe(res);
    },
  },
  {
    name: 'pipeline-echo',
    request: POST,
    handle: (exchange) => void pipeline(exchange.req, exchange.res, called(exchange, 'pipeline')),
  },
  {
    name: 'pipeline-promise',
    handle: async (exchange) => {
      await pipelinePromise(Readable.from(['a', 'b']), exchange.res);
      exchange.log('piped');
    },
  },
  {
    name: 'pipeline-generator',
    handle: async (exchange) => {
      await pipelinePromise(async function* () {
        yield 'one ';
        await Promise.resolve();
        yield 'two';
      }, exchange.res);
      exchange.log('piped');
    },
  },
  {
    name: 'pipeline-source-fails',
    handle: (exchange) => {
      const source = new Readable({
        read() {
          this.push('some');
          this.destroy(new Error('of the source'));
        },
      });
      pipeline(source, exchange.res, called(exchange, 'pipeline'));
    },
  },
  {
    name: 'pipeline-source-fails-in-the-reply',
    handle: (exchange) => {
      const source = new PassThrough();
      source.write('some');
      pipeline(source, exchange.res, called(exchange, 'pipeline'));
      setImmediate(() => setImmediate(() => source.destroy(new Error('of the source'))));
    },
  },
  {
    name: 'pipeline-aborted-by-the-client',
    handle: (exchange) => {
      const source = new PassThrough();
      source.on('close', () => exchange.log(`source closed ${source.destroyed}`));
      source.write('some');
      pipeline(source, exchange.res, called(exchange, 'pipeline'));
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('some');
      connection.end();
    },
  },
  {
    name: 'pipeline-request-into-a-failing-sink',
    request: POST,
    handle: (exchange) => {
      const sink = new Writable({
        write(_chunk, _encoding, done) {
          done(new Error('of the sink'));
        },
      });
      pipeline(exchange.req, sink, (error) => {
        exchange.log(`pipeline ${codeOf(error)}`);
        exchange.res.end('failed');
      });
    },
  },
  {
    name: 'finished-of-all',
    request: POST,
    handle: (exchange) => {
      finished(exchange.req, called(exchange, 'request finished'));
      finished(exchange.res, called(exchange, 'response finished'));
      exchange.req.resume();
      exchange.res.end('done');
    },
  },
  {
    name: 'finished-after-the-fact',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('close', () => {
        finished(exchange.req, called(exchange, 'request finished'));
        finished(res, called(exchange, 'response finished'));
      });
      res.end('done');
    },
    until: ['request finished', 'response finished', `req1 'close'`, `res1 'close'`],
  },
  {
    name: 'to-web-request',
    request: POST,
    handle: async ({ req, res, log }) => {
      const reader = Readable.toWeb(req).getReader();
      let body = '';
      for (let step = await reader.read(); !step.done; step = await reader.read()) {
        body += Buffer.from(step.value as Uint8Array).toString();
      }
      log(`body ${body}`);
      res.end('read');
    },
  },
  {
    name: 'to-web-response',
    handle: async ({ res, log }) => {
      const writer = Writable.toWeb(res).getWriter();
      await writer.write('of the web');
      await writer.close();
      log('closed');
    },
  },
  {
    name: 'from-web',
    handle: ({ res }) => {
      const web = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from('web'));
          controller.close();
        },
      });
      Readable.fromWeb(web as Parameters<typeof Readable.fromWeb>[0]).pipe(res);
    },
  },
  {
    name: 'slow-source',
    handle: ({ res }) => {
      const source = new PassThrough();
      source.pipe(res);
      setImmediate(() => {
        source.write('one ');
        setImmediate(() => source.end('two'));
      });
    },
  },
  {
    name: 'instances-of-streams',
    handle: ({ req, res, log }) => {
      log(`${req instanceof Readable} ${res instanceof Writable} ${req.socket instanceof Duplex}`);
      log(`${Readable.isDisturbed(req)} ${req.readable} ${res.writable} ${req.socket.writable}`);
      res.end();
    },
  },
  {
    name: 'unpipe-in-the-middle',
    until: [`res1 'close'`],
    request: POST,
    handle: ({ req, res, log }) => {
      const sink = new PassThrough();
      req.pipe(sink);
      req.unpipe(sink);
      log(`flowing ${String(req.readableFlowing)}`);
      res.end('unpiped');
    },
  },
  {
    name: 'pipe-request-to-socket-closed-later',
    request: { ...POST, headers: ['Connection: close'] },
    handle: ({ req, res }) => {
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      req.pipe(res);
    },
  },
];
