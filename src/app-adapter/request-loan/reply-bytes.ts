/**
 * Turns what a stream hands to `_write` and `_writev` into bytes for one system call. In come
 * strings and Buffers, out comes one piece of memory: the Buffer itself where there is only one,
 * else a place that this file uses again and again (a reply is written before the next is
 * gathered, so nobody sees it change; who keeps bytes longer copies them: `isReused`).
 */

/** One entry of `_writev`. */
export interface Chunk {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

/** Replies up to this size are gathered without allocating; larger ones get memory of their own. */
const REUSED_BYTES = 65_536;

/** The most bytes that a UTF-16 unit of a string takes in any encoding (three, in UTF-8). */
const MAX_BYTES_PER_UNIT = 3;

const reused = Buffer.allocUnsafeSlow(REUSED_BYTES);

const isString = (chunk: Buffer | string): chunk is string => typeof chunk === 'string';

const mostBytesOf = (chunk: Buffer | string): number =>
  isString(chunk) ? chunk.length * MAX_BYTES_PER_UNIT : chunk.length;

/** True if the bytes lie in the place that the next reply uses again. */
export const isReused = (bytes: Uint8Array): boolean => bytes.buffer === reused.buffer;

/** The bytes of one chunk. */
export const bytesOf = (chunk: Buffer | string, encoding: BufferEncoding): Buffer => {
  if (!isString(chunk)) return chunk;
  if (mostBytesOf(chunk) > REUSED_BYTES) return Buffer.from(chunk, encoding);
  return reused.subarray(0, reused.write(chunk, 0, encoding));
};

/**
 * How far one system call goes: the end of the chunks from `from` on that are gathered for it. A
 * large chunk is written by itself: to copy a megabyte costs more than one more call.
 */
export const endOfPiece = (chunks: readonly Chunk[], from: number): number => {
  let end = from;
  let mostBytes = 0;
  for (; end < chunks.length; end += 1) {
    mostBytes += mostBytesOf((chunks[end] as Chunk).chunk);
    if (mostBytes > REUSED_BYTES) return Math.max(end, from + 1);
  }
  return end;
};

/** The bytes of the chunks `[from, end)`, which are one piece. */
export const bytesOfPiece = (chunks: readonly Chunk[], from: number, end: number): Buffer => {
  const first = chunks[from];
  if (end === from + 1 && first !== undefined) return bytesOf(first.chunk, first.encoding);
  let length = 0;
  for (let at = from; at < end; at += 1) {
    const { chunk, encoding } = chunks[at] as Chunk;
    if (isString(chunk)) {
      length += reused.write(chunk, length, encoding);
    } else {
      reused.set(chunk, length);
      length += chunk.length;
    }
  }
  return reused.subarray(0, length);
};

const INFORMATIONAL = 'HTTP/1.1 1';
/** 101 is a final reply: what follows it is another protocol. */
const SWITCHING = 'HTTP/1.1 101';

/** Whether a chunk begins a 1xx reply. Asked only while the final reply has not begun. */
export const beginsInformational = (chunk: Buffer | string): boolean => {
  const start = isString(chunk) ? chunk : chunk.toString('latin1', 0, SWITCHING.length);
  return start.startsWith(INFORMATIONAL) && !start.startsWith(SWITCHING);
};
