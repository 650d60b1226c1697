/**
 * The worker of `app-thread.ts`: loads an app as a thread of the pool does, and serves it with
 * node's own parser on a port of its own. The parent's port keeps it alive, like the pool's.
 */
import http from 'node:http';
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { serveDirectOnNode } from '../../src/app-adapter/direct-route/direct-route.ts';
import { type AppHost, loadApp } from '../../src/app-adapter/load/load-app.ts';
import type { FromAppThread, AppThreadStart } from './app-thread.ts';

const port = parentPort;
if (port === null) throw new Error('This file is a worker');
const { appUrl, host } = workerData as AppThreadStart;
const tell = (message: FromAppThread): void => port.postMessage(message);

const appHost: AppHost = {
  ...host,
  notice: (text) => tell({ type: 'notice', text }),
  log: (level, fields, message) => tell({ type: 'log', level, fields, message }),
};

port.on('message', () => {
  void loaded.then(async (app) => {
    await app?.close();
    tell({ type: 'closed' });
  });
});

const loaded = loadApp(appUrl, appHost).catch((error: unknown) => {
  const { name, message, code } = error as Error & { code?: string };
  tell({ type: 'failed', name, message, code });
});

void loaded.then((app) => {
  if (app === undefined) return;
  const { httpServer, routes } = app;
  const front = http.createServer((req, res) => {
    const route = routes.match(req.method ?? '', req.url ?? '');
    if (route === undefined) httpServer.emit('request', req, res);
    else serveDirectOnNode(route, req, res, (level, fields, message) => appHost.log(level, fields, message));
  });
  if (httpServer.listenerCount('upgrade') > 0) {
    front.on('upgrade', (...args) => httpServer.emit('upgrade', ...args));
  }
  // A plain net.Server: an http.Server would not really listen in this thread.
  const listener = net.createServer((socket) => front.emit('connection', socket));
  listener.listen(0, '127.0.0.1', () => {
    tell({ type: 'loaded', port: (listener.address() as net.AddressInfo).port, address: httpServer.address() });
  });
});
