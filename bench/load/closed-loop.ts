/**
 * Keep-alive connections that each ask again as soon as they are answered: throughput. In a
 * process of its own. autocannon counts latency in whole milliseconds and knows no shares of
 * connections; this one does, and costs less CPU. `autocannon.ts` is its check.
 *
 * Every answer is checked: the first one whole, all later ones by status and by length.
 */
import { connect, type Socket } from 'node:net';
import { summarise } from '../../test/helpers/percentiles.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';
import { watchGeneratorCpu } from './generator-cpu.ts';
import { learnLength } from './learn-length.ts';

export interface ClosedLoopOptions {
  readonly port: number;
  readonly target: string;
  readonly connections: number;
  readonly seconds: number;
  /** Above 0: POST with a body of that size. */
  readonly uploadBytes?: number;
}

const DIGIT_2 = 0x32;
/** Where the status stands in `HTTP/1.1 200`. */
const STATUS_AT = 9;
/** What has no answer that long after the end gets none. */
const ANSWER_WITHIN_MS = 5_000;

export const requestBytes = ({ target, uploadBytes = 0 }: ClosedLoopOptions): Buffer =>
  uploadBytes === 0
    ? Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    : Buffer.concat([
        Buffer.from(`POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${uploadBytes}\r\n\r\n`),
        Buffer.alloc(uploadBytes, 'x'),
      ]);

export const runClosedLoop = async (options: ClosedLoopOptions): Promise<LoadReport> => {
  const bytes = requestBytes(options);
  const length = await learnLength(options.port, bytes);
  const times: number[] = [];
  const errors = { closed: 0, status: 0, length: 0, unanswered: 0 };
  const readCpu = watchGeneratorCpu();
  const end = performance.now() + options.seconds * 1000;
  const open = new Set<Socket>();

  const client = async (): Promise<number> => {
    let done = 0;
    let received = 0;
    let askedAt = 0;
    const ask = (): void => {
      received = 0;
      askedAt = performance.now();
      socket.write(bytes);
    };
    const callback = (size: number, buffer: Uint8Array): boolean => {
      if (received === 0 && buffer[STATUS_AT] !== DIGIT_2) errors.status += 1;
      received += size;
      if (received < length) return true;
      if (received > length) errors.length += 1;
      const now = performance.now();
      times.push(now - askedAt);
      done += 1;
      if (now < end) ask();
      else socket.destroy();
      return true;
    };
    const socket = connect({
      port: options.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: Buffer.alloc(65_536), callback },
    });
    open.add(socket);
    socket.on('error', () => {});
    socket.on('connect', ask);
    // Not once(): it rejects at 'error', and 'close' follows.
    await new Promise((resolve) => socket.once('close', resolve));
    open.delete(socket);
    if (performance.now() < end) errors.closed += 1;
    return done;
  };

  const timer = setTimeout(
    () => {
      errors.unanswered = open.size;
      for (const socket of open) socket.destroy();
    },
    options.seconds * 1000 + ANSWER_WITHIN_MS,
  );
  const shares = await Promise.all(Array.from({ length: options.connections }, client));
  clearTimeout(timer);
  return {
    ...readCpu(),
    requests: times.length,
    latencyMs: summarise(times),
    errors,
    smallestShare: Math.min(...shares),
    largestShare: Math.max(...shares),
  };
};

export const runClosedLoopApart = (options: ClosedLoopOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runClosedLoop, options);
