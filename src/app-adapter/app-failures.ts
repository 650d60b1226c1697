/**
 * What happens when the app's own listener throws or its promise rejects: one log line, and 500 if
 * nothing of a reply exists; a reply that had begun is cut. Works on the `res` of both kinds of loan.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { captureRejectionSymbol } from 'node:events';
import { INTERNAL_SERVER_ERROR } from '../shared/replies.ts';
import type { LogFields, LogLevel } from '../shared/messages.ts';
import { captureRejections } from './node-internals.ts';

export type Log = (level: LogLevel, fields: LogFields, message: string) => void;

const BODY = INTERNAL_SERVER_ERROR.text.slice(INTERNAL_SERVER_ERROR.headBytes.length);

/** Writes the server's own 500 through a reply of which nothing exists yet. */
const sendServerError = (request: IncomingMessage, response: ServerResponse): void => {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.sendDate = false;
  response.statusMessage = '';
  response.removeHeader('connection');
  // Like every reply of the server's own: HTTP/1.0 is not kept alive.
  if (request.httpVersion === '1.0') response.shouldKeepAlive = false;
  response.setHeader('content-type', 'text/plain');
  response.setHeader('content-length', BODY.length);
  if (!response.shouldKeepAlive) response.setHeader('connection', 'close');
  response.writeHead(500);
  response.end(BODY);
};

/** The app failed in the request: answers it as far as possible, and logs. */
export const answerFailure = (error: unknown, request: IncomingMessage, response: ServerResponse, log: Log): void => {
  log('error', { err: error, method: request.method, url: request.url }, 'the app failed to handle a request');
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) response.destroy();
  else sendServerError(request, response);
};

/** Events whose listeners get a request and its reply. */
const EXCHANGE_EVENTS: ReadonlySet<string | symbol> = new Set(['request', 'checkContinue', 'checkExpectation']);

/**
 * Makes a rejected promise of an async `'request'` listener an answered failure instead of the end
 * of the thread. A server that already captures rejections in its own way is left alone.
 */
export const answerRejections = (server: Server, log: Log): void => {
  if (!captureRejections(server)) return;
  const onRejection = (error: unknown, event: string | symbol, ...args: [IncomingMessage, ServerResponse]): void => {
    if (EXCHANGE_EVENTS.has(event)) answerFailure(error, ...args, log);
    // Of other listeners it stays what it was without us: an unhandled rejection.
    else void Promise.reject(error);
  };
  Object.defineProperty(server, captureRejectionSymbol, { value: onRejection, configurable: true, writable: true });
};
