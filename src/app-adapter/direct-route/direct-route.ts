/**
 * Runs a dynamic direct route for a request loan. In come the route and the parts of the request,
 * out come the reply's bytes; a synchronous handler costs no promise. Worker thread.
 */
import { INTERNAL_SERVER_ERROR } from '../../shared/replies.ts';
import type { ThreadLog } from '../load/app-host.ts';
import { askHandler, logRouteFailure } from './direct-handler.ts';
import { type DirectReply, type Reply, renderReply } from './direct-reply.ts';
import type { DirectRequestParts } from './direct-request.ts';
import type { RequestHead } from '../head-parser.ts';
import type { DynamicRoute } from './route-table.ts';

export { serveDirectOnNode } from './direct-on-node.ts';
export type { DirectReply } from './direct-reply.ts';
export type { DirectRequestParts } from './direct-request.ts';

/**
 * Runs the handler. Neither throws nor rejects: a handler that fails, or returns no valid reply, is
 * logged and gives 500. `head.keepAlive` is read when the reply is rendered, so a server that began
 * to drain meanwhile may have changed it.
 */
export function runDirectRoute(
  route: DynamicRoute,
  parts: DirectRequestParts,
  log: ThreadLog,
): DirectReply | Promise<DirectReply> {
  try {
    const reply = askHandler(route, parts);
    return reply instanceof Promise
      ? reply
          .then((settled) => render(route, settled, parts, log))
          .catch((error: unknown) => failed(error, route, parts, log))
      : render(route, reply, parts, log);
  } catch (error) {
    return failed(error, route, parts, log);
  }
}

const render = (route: DynamicRoute, reply: Reply, { head }: DirectRequestParts, log: ThreadLog): DirectReply =>
  renderReply(reply, head, (error) => logRouteFailure(error, route, log));

function failed(error: unknown, route: DynamicRoute, { head }: DirectRequestParts, log: ThreadLog): DirectReply {
  logRouteFailure(error, route, log);
  return { head: serverError(head), body: undefined, keepAlive: head.keepAlive };
}

function serverError({ method, keepAlive }: RequestHead): Buffer {
  const { bytes, headBytes, closeBytes, closeHeadBytes } = INTERNAL_SERVER_ERROR;
  if (method === 'HEAD') return keepAlive ? headBytes : closeHeadBytes;
  return keepAlive ? bytes : closeBytes;
}
