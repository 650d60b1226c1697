/**
 * A closed system of keep-alive clients that think between their requests: each waits a random
 * time, asks, waits for the whole answer, and so on. A share of the requests is heavy. In: port,
 * clients, think time. Out: times of light and of heavy requests, and the smallest and largest
 * number of requests a client got through.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { summarise, type Summary } from './percentiles.ts';
import { Random } from './random.ts';
import { ResponseParser } from './response-parser.ts';
import { runInProcess } from './run-in-process.ts';

export interface ThinkTimeOptions {
  readonly port: number;
  readonly clients: number;
  readonly seconds: number;
  /** Thrown away at the beginning. */
  readonly warmUpSeconds: number;
  readonly thinkMs: readonly [min: number, max: number];
  readonly lightTarget: string;
  readonly heavyTarget: string;
  /** A whole header line that heavy requests have. Default none. */
  readonly heavyHeader?: string;
  /** 0-1 */
  readonly heavyShare: number;
  /** Requests above this are counted as `slow`. */
  readonly slowMs: number;
  readonly seed: number;
}

export interface ThinkTimeReport {
  readonly light: Summary;
  readonly heavy: Summary;
  readonly all: Summary;
  readonly requestsPerSecond: number;
  readonly smallestShare: number;
  readonly largestShare: number;
  readonly slow: number;
  readonly failureCount: number;
  readonly failures: readonly string[];
}

export const runThinkTimeClient = async (options: ThinkTimeOptions): Promise<ThinkTimeReport> => {
  const source = new Random(options.seed);
  const light: number[] = [];
  const heavy: number[] = [];
  const failures: string[] = [];
  let failureCount = 0;
  const start = performance.now();
  const measureFrom = start + options.warmUpSeconds * 1000;
  const end = measureFrom + options.seconds * 1000;
  const bytes = (target: string, header = ''): Buffer =>
    Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${header && `${header}\r\n`}\r\n`);
  const lightBytes = bytes(options.lightTarget);
  const heavyBytes = bytes(options.heavyTarget, options.heavyHeader);

  const client = async (random: Random): Promise<number> => {
    let done = 0;
    let answered: (status: number) => void = () => {};
    const parser = new ResponseParser(({ status }) => answered(status));
    const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
    const fail = (error: unknown): void => {
      failureCount += 1;
      if (failures.length < 8) failures.push(String(error));
      socket.destroy();
      answered(0);
    };
    socket.on('data', (data) => {
      try {
        parser.push(data);
      } catch (error) {
        fail(error);
      }
    });
    let isLeaving = false;
    socket.on('close', () => {
      if (!isLeaving) fail('closed by the server');
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    while (failureCount === 0) {
      await new Promise((resolve) =>
        setTimeout(resolve, options.thinkMs[0] + random.next() * (options.thinkMs[1] - options.thinkMs[0])),
      );
      const isHeavy = random.chance(options.heavyShare);
      const askedAt = performance.now();
      if (askedAt >= end) break;
      const answer = new Promise<number>((resolve) => (answered = resolve));
      parser.expect('GET');
      socket.write(isHeavy ? heavyBytes : lightBytes);
      const status = await answer;
      if (status !== 200) {
        if (status !== 0) fail(`status ${status}`);
        break;
      }
      if (askedAt < measureFrom) continue;
      done += 1;
      (isHeavy ? heavy : light).push(performance.now() - askedAt);
    }
    isLeaving = true;
    socket.destroy();
    return done;
  };

  const shares = await Promise.all(Array.from({ length: options.clients }, () => client(source.fork())));
  const all = [...light, ...heavy];
  return {
    light: summarise(light),
    heavy: summarise(heavy),
    all: summarise(all),
    requestsPerSecond: all.length / options.seconds,
    smallestShare: Math.min(...shares),
    largestShare: Math.max(...shares),
    slow: all.filter((time) => time > options.slowMs).length,
    failureCount,
    failures,
  };
};

/** The same in a process of its own. */
export const runThinkTimeClientApart = (options: ThinkTimeOptions): Promise<ThinkTimeReport> =>
  runInProcess(import.meta.url, runThinkTimeClient, options);
