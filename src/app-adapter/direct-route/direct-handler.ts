/**
 * Asks a direct route's handler and checks its answer: the part that both kinds of loan share.
 * Worker thread.
 */
import { LentDirectRequest, type DirectRequestParts } from './direct-request.ts';
import { type Reply, readReply } from './direct-reply.ts';
import type { ThreadLog } from '../load/app-host.ts';
import type { DynamicRoute } from './route-table.ts';

/** Synchronous where the handler is, unless it returns a `Response` with a body. Throws what the handler throws. */
export function askHandler(route: DynamicRoute, parts: DirectRequestParts): Reply | Promise<Reply> {
  const result: unknown = route.handler(new LentDirectRequest(parts));
  return isThenable(result)
    ? Promise.resolve(result).then((settled) => readReply(settled, route))
    : readReply(result, route);
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** The log line for a handler that threw, rejected, gave a wrong reply, or whose stream broke. */
export function logRouteFailure(error: unknown, { method, path }: DynamicRoute, log: ThreadLog): void {
  log('error', { err: error, method, path }, 'direct route raised');
}
