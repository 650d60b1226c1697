/**
 * Keep-alive connections that each ask again as soon as they are answered: throughput. In a
 * process of its own. autocannon counts latency in whole milliseconds and knows no shares of
 * connections; this one does, and costs less CPU. `bench/load/autocannon.ts` is its check.
 *
 * Every answer is checked: the first one whole, all later ones by status and by length.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { summarise } from '../../test/helpers/percentiles.ts';
import { ResponseParser } from '../../test/helpers/response-parser.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';

export interface ClosedLoopOptions {
  readonly port: number;
  readonly target: string;
  readonly connections: number;
  readonly seconds: number;
}

/** The length of one whole answer, learnt from one request on a connection of its own. */
const learnLength = async (port: number, bytes: Buffer): Promise<number> => {
  const socket = connect({ port, host: '127.0.0.1' });
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    const parser = new ResponseParser(({ status }) => {
      if (status === 200) resolve();
      else reject(new Error(`The answer is ${status}`));
    });
    parser.expect('GET');
    socket.on('data', (data) => {
      length += data.length;
      parser.push(data);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('Closed without an answer')));
    socket.write(bytes);
  });
  socket.destroy();
  return length;
};

const DIGIT_2 = 0x32;
/** Where the status stands in `HTTP/1.1 200`. */
const STATUS_AT = 9;

export const runClosedLoop = async (options: ClosedLoopOptions): Promise<LoadReport> => {
  const bytes = Buffer.from(`GET ${options.target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const length = await learnLength(options.port, bytes);
  const times: number[] = [];
  const errors = { closed: 0, status: 0, length: 0 };
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + options.seconds * 1000;

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
    socket.on('error', () => {});
    socket.on('connect', ask);
    await once(socket, 'close');
    if (performance.now() < end) errors.closed += 1;
    return done;
  };

  const shares = await Promise.all(Array.from({ length: options.connections }, client));
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    requests: times.length,
    seconds,
    latencyMs: summarise(times),
    errors,
    smallestShare: Math.min(...shares),
    largestShare: Math.max(...shares),
    generatorCores: (cpu.user + cpu.system) / 1e6 / seconds,
  };
};

export const runClosedLoopApart = (options: ClosedLoopOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runClosedLoop, options);
