/**
 * Writes a checked `Reply` through node's `ServerResponse`, for connection loans and fetch apps:
 * streams with back-pressure, and lets go of the source at once when the client leaves. Worker thread.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FramedBytes } from './direct-framing.ts';
import { type Reply, contentLengthOf, isBodiless } from './direct-reply.ts';
import { httpDate } from './http-date.ts';

/** Resolves when all is handed to node or the client has left. `onError` hears of a stream that fails. */
export async function writeReply(
  reply: Reply,
  req: IncomingMessage,
  res: ServerResponse,
  onError: (error: unknown) => void,
): Promise<void> {
  const { body } = reply;
  const isHead = req.method === 'HEAD';
  const isStream = typeof body !== 'string' && !(body instanceof Uint8Array);
  const contentLength = contentLengthOf(reply, isHead);
  if (res.destroyed || res.headersSent) {
    if (isStream) void body.return();
    return;
  }
  writeHead(reply, contentLength, res);
  if (isHead || isBodiless(reply)) {
    if (isStream) void body.return();
    res.end();
  } else if (isStream) {
    await pump(new FramedBytes(body, false, contentLength, onError), res);
  } else {
    res.end(body);
  }
}

/** Framing and connection are left to node, which knows about chunks, HTTP/1.0 and keep-alive. */
function writeHead(
  { status, statusText, headers }: Reply,
  contentLength: number | undefined,
  res: ServerResponse,
): void {
  const lines = [...headers.pairs];
  if (contentLength !== undefined) lines.push('content-length', String(contentLength));
  if (headers.wantsClose) lines.push('connection', 'close');
  // Ours, so that it reads the same on both kinds of loan.
  res.sendDate = false;
  if (!headers.hasDate) lines.push('date', httpDate());
  res.writeHead(status, statusText, lines);
}

async function pump(body: FramedBytes, res: ServerResponse): Promise<void> {
  // An event stream's client expects the head at once; with a first chunk at hand both go in one write.
  const flush = setImmediate(() => res.flushHeaders());
  const leave = (): void => void body.return();
  res.once('close', leave);
  try {
    for await (const chunk of body) {
      clearImmediate(flush);
      if (res.destroyed) return;
      if (!res.write(chunk)) await drained(res);
    }
    res.end();
  } catch {
    // Logged by `onError`; the client must not take the reply for whole.
    res.destroy();
  } finally {
    clearImmediate(flush);
    res.off('close', leave);
  }
}

/** Room again, or the client has left. */
const drained = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      res.off('drain', settle).off('close', settle);
      resolve();
    };
    res.once('drain', settle).once('close', settle);
  });
