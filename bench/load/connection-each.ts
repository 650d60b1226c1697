/**
 * A new connection for every request, closed after its answer: a number of clients that each
 * connect, ask with `connection: close`, read to the end, and begin again. In a process of its own.
 */
import { connect } from 'node:net';
import { summarise } from '../../test/helpers/percentiles.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';
import { watchGeneratorCpu } from './generator-cpu.ts';
import { learnLength } from './learn-length.ts';

export interface ConnectionEachOptions {
  readonly port: number;
  readonly target: string;
  readonly clients: number;
  readonly seconds: number;
}

const ANSWER_WITHIN_MS = 5_000;

export const runConnectionEach = async (options: ConnectionEachOptions): Promise<LoadReport> => {
  const bytes = Buffer.from(`GET ${options.target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  const length = await learnLength(options.port, bytes);
  const times: number[] = [];
  const errors = { closed: 0, length: 0, unanswered: 0 };
  const readCpu = watchGeneratorCpu();
  const end = performance.now() + options.seconds * 1000;

  const ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      const startedAt = performance.now();
      let received = 0;
      const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true }, () => socket.write(bytes));
      socket.setTimeout(ANSWER_WITHIN_MS, () => {
        errors.unanswered += 1;
        socket.destroy();
      });
      socket.on('data', (data) => (received += data.length));
      socket.on('error', () => {});
      socket.on('close', () => {
        if (received === length) times.push(performance.now() - startedAt);
        else if (received === 0) errors.closed += 1;
        else errors.length += 1;
        resolve(received === length);
      });
    });

  const client = async (): Promise<number> => {
    let done = 0;
    while (performance.now() < end) done += (await ask()) ? 1 : 0;
    return done;
  };

  const shares = await Promise.all(Array.from({ length: options.clients }, client));
  return {
    ...readCpu(),
    requests: times.length,
    latencyMs: summarise(times),
    errors,
    smallestShare: Math.min(...shares),
    largestShare: Math.max(...shares),
  };
};

export const runConnectionEachApart = (options: ConnectionEachOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runConnectionEach, options);
