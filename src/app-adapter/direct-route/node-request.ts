/**
 * What web-style handlers need of node's `req` and `res`: the body as a web stream that reads
 * nothing before it is asked, and a signal that tells when the client leaves. Worker thread.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** True if a body follows the head, even an empty chunked one. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * The body. Nothing is read ahead; what is not read when the reply is over is discarded, so that
 * the connection can go on to its next request.
 */
export function bodyOf(req: IncomingMessage, res: ServerResponse): ReadableStream<Uint8Array> {
  let isBegun = false;
  let isOver = false;
  const begin = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    isBegun = true;
    const stop = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      settle();
    };
    req.on('data', (chunk: Buffer) => {
      if (isOver) return;
      controller.enqueue(chunk);
      if ((controller.desiredSize ?? 0) <= 0) req.pause();
    });
    req.once('end', () => stop(() => controller.close()));
    const fail = (error?: Error): void => stop(() => controller.error(error ?? clientLeft()));
    req.once('error', fail);
    req.once('close', () => fail());
    // Nobody reads on: the rest would stand in the way of the connection's next request.
    res.once('close', () => {
      fail(new Error('The reply was over before the body was read'));
      req.resume();
    });
  };
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (isBegun) req.resume();
        else if (req.destroyed || req.readableEnded || res.closed) controller.error(clientLeft());
        else begin(controller);
      },
      cancel() {
        isOver = true;
        req.resume();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Aborts when the client leaves before it has the whole reply. */
export function signalOf(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (!res.writableFinished) controller.abort(clientLeft());
  };
  if (res.closed || res.destroyed) abort();
  else res.once('close', abort);
  return controller.signal;
}

const clientLeft = (): DOMException => new DOMException('The client has left', 'AbortError');
