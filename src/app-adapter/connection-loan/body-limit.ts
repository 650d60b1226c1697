/**
 * Counts the body of a request whose length its head does not say. Bodies with a Content-Length are
 * judged by that, before they are read. Worker threads.
 */
import type { IncomingMessage } from 'node:http';

/**
 * Calls `onTooLarge` once, when the parser has given more than `maxBytes` (0: off), and keeps what is
 * above from the app. False if what was parsed already is more.
 */
export function limitBody(request: IncomingMessage, maxBytes: number, onTooLarge: () => void): boolean {
  if (maxBytes === 0 || request.headers['transfer-encoding'] === undefined) return true;
  let bytes = request.readableLength;
  if (bytes > maxBytes) return false;
  const push = request.push;
  request.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (chunk === null) return bytes > maxBytes ? false : push.call(request, chunk);
    const wasOver = bytes > maxBytes;
    bytes += chunk.length;
    if (bytes <= maxBytes) return push.call(request, chunk, encoding);
    if (!wasOver) onTooLarge();
    return false;
  };
  return true;
}
