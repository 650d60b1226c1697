/**
 * Turns an object with `fetch(request)` (Hono, h3, the web standards' export) into a listener for
 * node's server. In come `req` and `res` of either kind of loan, out goes what `fetch` answers,
 * streamed both ways with back-pressure. Worker thread.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { BAD_REQUEST, NOT_IMPLEMENTED, type CannedReply } from '../../shared/replies.ts';
import { answerFailure } from '../app-failures.ts';
import type { ThreadLog } from './app-host.ts';
import type { FetchApp } from './define-app.ts';
import { type Reply, readReply } from '../direct-route/direct-reply.ts';
import { createLentRequestClass, type LentRequestClass, type RequestInit } from './lent-request.ts';
import { writeReply } from '../direct-route/node-reply.ts';
import { bodyOf, hasBody, signalOf } from '../direct-route/node-request.ts';

export function toNodeListener(app: FetchApp, log: ThreadLog): RequestListener {
  const LentRequest = createLentRequestClass();
  return (req, res) => void serve(app, LentRequest, req, res, log);
}

async function serve(
  app: FetchApp,
  LentRequest: LentRequestClass,
  req: IncomingMessage,
  res: ServerResponse,
  log: ThreadLog,
): Promise<void> {
  const refusal = refusalOf(req);
  if (refusal !== undefined) return refuse(refusal, res);
  let reply: Reply;
  let signal: AbortSignal | undefined;
  try {
    const request = new LentRequest(urlOf(req), requestInit(req, res), () => (signal = signalOf(res)));
    const response: unknown = await app.fetch(request);
    reply = await readReply(response, { method: request.method, path: req.url ?? '' });
  } catch (error) {
    // The client has left, and what it asked for was given up for that reason.
    if (signal?.aborted === true && error === signal.reason) return;
    return answerFailure(error, req, res, log);
  }
  await writeReply(reply, req, res, (error) => answerFailure(error, req, res, log));
}

/** What fetch's `Request` cannot be made of. */
function refusalOf(req: IncomingMessage): CannedReply | undefined {
  if (req.method === 'TRACE' || req.method === 'CONNECT' || req.method === 'TRACK') return NOT_IMPLEMENTED;
  return URL.canParse(urlOf(req)) ? undefined : BAD_REQUEST;
}

function refuse({ status, bytes, headBytes }: CannedReply, res: ServerResponse): void {
  const body = bytes.subarray(headBytes.length);
  res.sendDate = false;
  res.writeHead(status, { 'content-type': 'text/plain', 'content-length': body.length, connection: 'close' });
  res.end(body);
}

/** Joined as text: `//other-host/` as a target must stay a path of this host. */
function urlOf(req: IncomingMessage): string {
  const { url = '/' } = req;
  if (!url.startsWith('/') && url !== '*') return url;
  const scheme = 'encrypted' in req.socket && req.socket.encrypted === true ? 'https' : 'http';
  return `${scheme}://${req.headers.host ?? 'localhost'}${url === '*' ? '/*' : url}`;
}

function requestInit(req: IncomingMessage, res: ServerResponse): RequestInit {
  const { method = 'GET' } = req;
  const init: RequestInit = { method, headers: headersOf(req) };
  if (method === 'GET' || method === 'HEAD' || !hasBody(req)) return init;
  return { ...init, body: bodyOf(req, res), duplex: 'half' };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  }
  return headers;
}
