/**
 * Direct routes on connection loans: the same routes and handlers as on request loans, answered
 * through node's `req` and `res`. Worker thread.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ThreadLog } from '../load/app-host.ts';
import { askHandler, logRouteFailure } from './direct-handler.ts';
import { readHeaders } from './direct-headers.ts';
import type { Reply } from './direct-reply.ts';
import type { DirectRequestParts } from './direct-request.ts';
import { httpDate } from './http-date.ts';
import { writeReply } from './node-reply.ts';
import { bodyOf, hasBody, signalOf } from './node-request.ts';
import type { DynamicRoute, Route } from './route-table.ts';
import type { StaticRoute } from './static-route.ts';

/** Answers the request by the route that matched it. Never throws. */
export function serveDirectOnNode(route: Route, req: IncomingMessage, res: ServerResponse, log: ThreadLog): void {
  if (route.kind === 'static') serveStatic(route, req, res);
  else void serveDynamic(route, req, res, log);
}

/** Same names, order and values as the prebuilt bytes. */
function serveStatic({ contentType, body }: StaticRoute, req: IncomingMessage, res: ServerResponse): void {
  res.sendDate = false;
  res.writeHead(200, [
    'Server',
    'Hyperion',
    'Content-Type',
    contentType,
    'Content-Length',
    String(body.length),
    'Connection',
    res.shouldKeepAlive ? 'keep-alive' : 'close',
    'Date',
    httpDate(),
  ]);
  res.end(req.method === 'HEAD' ? undefined : body);
}

async function serveDynamic(
  route: DynamicRoute,
  req: IncomingMessage,
  res: ServerResponse,
  log: ThreadLog,
): Promise<void> {
  const onError = (error: unknown): void => logRouteFailure(error, route, log);
  let reply: Reply;
  try {
    reply = await askHandler(route, partsOf(req, res));
  } catch (error) {
    onError(error);
    reply = SERVER_ERROR;
  }
  await writeReply(reply, req, res, onError);
}

const SERVER_ERROR: Reply = {
  status: 500,
  statusText: 'Internal Server Error',
  headers: { ...readHeaders({ 'content-type': 'text/plain' }), hasDate: true },
  body: 'Internal Server Error',
};

function partsOf(req: IncomingMessage, res: ServerResponse): DirectRequestParts {
  return {
    head: {
      method: req.method ?? '',
      target: req.url ?? '',
      isHttp10: req.httpVersion === '1.0',
      rawHeaders: req.rawHeaders,
      contentLength: Number(req.headers['content-length'] ?? 0),
      keepAlive: res.shouldKeepAlive,
    },
    body: hasBody(req) ? bodyOf(req, res) : undefined,
    addresses: { remoteAddress: req.socket.remoteAddress },
    signal: () => signalOf(res),
  };
}
