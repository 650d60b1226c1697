import http from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import test from 'ava';
import {
  FOUND_SYMBOLS,
  type NodeRequest,
  type NodeResponse,
  RequestFactory,
  captureRejections,
  emitResponseClose,
  emitResponseDrain,
  responseOn,
  startFlowing,
} from '../../src/app-adapter/node-internals.ts';

const MAJOR = Number(process.versions.node.split('.')[0]);

const makeSocket = (): Socket =>
  new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }) as unknown as Socket;

const makeExchange = (): { socket: Socket; request: NodeRequest; response: NodeResponse } => {
  const server = new http.Server();
  const socket = makeSocket();
  const factory = new RequestFactory(server);
  const request = factory.createRequest(socket);
  request.method = 'GET';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  const response = factory.createResponse(request, 1000);
  return { socket, request, response };
};

test('every symbol that this Node should have is found', (t) => {
  const later = ['OPTIMIZE_EMPTY_REQUESTS', 'DETACH_ABORT_SIGNAL'];
  for (const [name, symbol] of Object.entries(FOUND_SYMBOLS)) {
    if (later.includes(name) && MAJOR < 24) continue;
    t.is(typeof symbol, 'symbol', name);
  }
});

test("requests and replies have the members that node's own server uses", (t) => {
  const { request, response } = makeExchange();
  t.is(typeof request._addHeaderLines, 'function');
  t.is(typeof request._dump, 'function');
  t.is(request._consuming, false);
  t.is(request._dumped, false);
  t.is(request._readableState.resumeScheduled, false);
  t.is(typeof request._dumpAndCloseReadable, MAJOR < 24 ? 'undefined' : 'function');
  t.is(response._last, false);
  t.is(response._closed, false);
  t.is(response._headerSent, false);
  t.is(response._keepAliveTimeout, 0);
  response.assignSocket(request.socket);
  t.is(responseOn(request.socket), response);
});

test('a reply that closes the connection knows it before it is written', (t) => {
  const { socket, response } = makeExchange();
  response.assignSocket(socket);
  response.setHeader('Connection', 'close');
  response.writeHead(200);
  t.true(response._last);
});

test("the classes are those of the server's options", (t) => {
  class OwnRequest extends http.IncomingMessage {}
  class OwnResponse extends http.ServerResponse {}
  const server = http.createServer({ IncomingMessage: OwnRequest, ServerResponse: OwnResponse } as http.ServerOptions);
  const factory = new RequestFactory(server);
  const request = factory.createRequest(makeSocket());
  t.true(request instanceof OwnRequest);
  t.true(factory.createResponse(request, 1000) instanceof OwnResponse);
});

test("'drain' comes once, and only to a reply that waits for it", (t) => {
  const { socket, response } = makeExchange();
  response.assignSocket(socket);
  let drains = 0;
  response.on('drain', () => (drains += 1));
  emitResponseDrain(response);
  t.is(drains, 0);
  response.writeHead(200, { 'Content-Length': 5000 });
  // Without a socket it is the reply that keeps the bytes.
  response.detachSocket(socket);
  t.false(response.write(Buffer.alloc(5000)));
  response.assignSocket(socket);
  emitResponseDrain(response);
  t.is(drains, 1);
  emitResponseDrain(response);
  t.is(drains, 1);
});

test("'close' of a reply comes once, with its flags", (t) => {
  const { response } = makeExchange();
  let closes = 0;
  response.on('close', () => (closes += 1));
  emitResponseClose(response);
  emitResponseClose(response);
  t.is(closes, 1);
  t.true(response.destroyed);
});

test("a stream that flows from the start emits no 'resume'", async (t) => {
  const socket = makeSocket();
  startFlowing(socket);
  t.is(socket.readableFlowing, true);
  let resumes = 0;
  socket.on('resume', () => (resumes += 1));
  socket.resume();
  await new Promise((resolve) => setImmediate(resolve));
  t.is(resumes, 0);
});

test('rejections of async listeners can be captured afterwards', async (t) => {
  const server = new http.Server();
  t.true(captureRejections(server));
  t.false(captureRejections(server));
  const captured = new Promise<unknown>((resolve) => {
    Object.defineProperty(server, Symbol.for('nodejs.rejection'), { value: resolve });
  });
  server.on('request', async () => Promise.reject(new Error('of the app')));
  const { request, response } = makeExchange();
  server.emit('request', request, response);
  t.is(((await captured) as Error).message, 'of the app');
});
