/** What becomes of failures of the app, on replies of plain node:http: both kinds of loan use them. */
import { once } from 'node:events';
import { type Server, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { answerRejections } from '../../src/app-adapter/app-failures.ts';

const serve = async (t: ExecutionContext, server: Server): Promise<{ url: string; logged: string[] }> => {
  const logged: string[] = [];
  answerRejections(server, (level, fields, message) => {
    logged.push(`${level} ${message} ${String(fields['method'])} ${String(fields['url'])}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/path`, logged };
};

const rejecting = async (): Promise<never> => Promise.reject(new Error('of the app'));

test('a rejection of a request listener is answered with 500 and logged', async (t) => {
  const { url, logged } = await serve(t, createServer(rejecting));
  const response = await fetch(url);
  t.is(response.status, 500);
  t.is(response.headers.get('content-type'), 'text/plain');
  t.is(await response.text(), 'Internal Server Error');
  t.deepEqual(logged, ['error the app failed to handle a request GET /path']);
});

test('headers of the app are not sent with it', async (t) => {
  const server = createServer(async (_req, res) => {
    res.setHeader('Set-Cookie', 'secret');
    res.statusMessage = 'Fine';
    return Promise.reject(new Error('of the app'));
  });
  const { url } = await serve(t, server);
  const response = await fetch(url);
  t.is(response.statusText, 'Internal Server Error');
  t.false(response.headers.has('set-cookie'));
  t.false(response.headers.has('date'));
});

test('a reply that is whole is not touched by a later failure', async (t) => {
  const server = createServer(async (_req, res) => {
    res.end('whole');
    return Promise.reject(new Error('of the app'));
  });
  const { url, logged } = await serve(t, server);
  t.is(await (await fetch(url)).text(), 'whole');
  t.is(logged.length, 1);
});

test('a reply that had begun is cut', async (t) => {
  const server = createServer(async (_req, res) => {
    await new Promise<void>((resolve) => res.write('half', () => resolve()));
    throw new Error('of the app');
  });
  const { url } = await serve(t, server);
  const request = get(url);
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  const [error] = (await once(response, 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNRESET');
});

test('a server that captures rejections itself is left alone', async (t) => {
  const server = createServer(rejecting);
  const own: unknown[] = [];
  Object.defineProperty(server, Symbol.for('nodejs.rejection'), {
    value: (error: Error, _event: string, _req: unknown, res: import('node:http').ServerResponse) => {
      own.push(error.message);
      res.writeHead(418).end();
    },
    writable: true,
    configurable: true,
  });
  const capture = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'kCapture');
  Reflect.set(server, capture as symbol, true);
  const { url, logged } = await serve(t, server);
  t.is((await fetch(url)).status, 418);
  t.deepEqual(own, ['of the app']);
  t.deepEqual(logged, []);
});

test("a rejection of another listener stays an unhandled rejection of the app's", async (t) => {
  const adapter = new URL('../../src/app-adapter/app-failures.js', import.meta.url).href;
  const worker = new Worker(
    `const { createServer } = require('node:http');
     const { parentPort } = require('node:worker_threads');
     process.on('unhandledRejection', (error) => parentPort.postMessage(error.message));
     import(${JSON.stringify(adapter)}).then(({ answerRejections }) => {
       const server = createServer();
       answerRejections(server, () => parentPort.postMessage('logged'));
       server.on('upgrade', async () => { throw new Error('of the upgrade'); });
       server.emit('upgrade', {}, {}, Buffer.alloc(0));
     });`,
    { eval: true },
  );
  t.teardown(() => worker.terminate());
  const [message] = (await once(worker, 'message')) as [string];
  t.is(message, 'of the upgrade');
});
