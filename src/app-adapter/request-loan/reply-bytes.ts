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

/** The bytes of many chunks, in order. */
export const bytesOfAll = (chunks: readonly Chunk[]): Buffer => {
  let filled: Chunk | undefined;
  let filledCount = 0;
  let mostBytes = 0;
  for (const entry of chunks) {
    if (entry.chunk.length === 0) continue;
    filled = entry;
    filledCount += 1;
    mostBytes += mostBytesOf(entry.chunk);
  }
  if (filled === undefined) return reused.subarray(0, 0);
  if (filledCount === 1) return bytesOf(filled.chunk, filled.encoding);
  const target = mostBytes <= REUSED_BYTES ? reused : Buffer.allocUnsafeSlow(exactBytesOf(chunks));
  let end = 0;
  for (const { chunk, encoding } of chunks) {
    if (isString(chunk)) {
      end += target.write(chunk, end, encoding);
    } else {
      target.set(chunk, end);
      end += chunk.length;
    }
  }
  return target.subarray(0, end);
};

const exactBytesOf = (chunks: readonly Chunk[]): number => {
  let bytes = 0;
  for (const { chunk, encoding } of chunks)
    bytes += isString(chunk) ? Buffer.byteLength(chunk, encoding) : chunk.length;
  return bytes;
};

const INFORMATIONAL = 'HTTP/1.1 1';
/** 101 is a final reply: what follows it is another protocol. */
const SWITCHING = 'HTTP/1.1 101';

/** Whether a chunk begins a 1xx reply. Asked only while the final reply has not begun. */
export const beginsInformational = (chunk: Buffer | string): boolean => {
  const start = isString(chunk) ? chunk : chunk.toString('latin1', 0, SWITCHING.length);
  return start.startsWith(INFORMATIONAL) && !start.startsWith(SWITCHING);
};
