/**
 * A burst of new connections beside a few keep-alive clients. In: port, how many connections at
 * once. Out: what the keep-alive clients waited during the burst, and whether all were answered.
 */
import { RawConnection } from './raw-connection.ts';
import { summarise, type Summary } from './percentiles.ts';
import { runInProcess } from './run-in-process.ts';

export interface BurstOptions {
  readonly port: number;
  readonly newConnections: number;
  readonly keepAliveClients: number;
}

export interface BurstReport {
  readonly burstMs: number;
  readonly answered: number;
  /** Requests of the keep-alive clients that began and ended during the burst. */
  readonly during: Summary;
  readonly failures: readonly string[];
}

const GET = 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n';

export const runBurstClient = async (options: BurstOptions): Promise<BurstReport> => {
  const failures: string[] = [];
  const during: number[] = [];
  let isOver = false;
  const keepAlive = async (): Promise<void> => {
    const connection = new RawConnection(options.port);
    for (let nth = 1; !isOver; nth += 1) {
      const askedAt = performance.now();
      connection.request(GET);
      const { status } = await connection.response(nth);
      if (status !== 200) failures.push(`keep-alive: ${status}`);
      during.push(performance.now() - askedAt);
    }
    await connection.leave('close');
  };
  let answered = 0;
  const single = async (): Promise<void> => {
    const connection = new RawConnection(options.port);
    try {
      connection.request(GET);
      const { status } = await connection.response();
      if (status === 200) answered += 1;
      else failures.push(`new connection: ${status}`);
    } catch (error) {
      failures.push(String(error));
    }
    await connection.leave('close');
  };
  const clients = Array.from({ length: options.keepAliveClients }, keepAlive);
  const start = performance.now();
  await Promise.all(Array.from({ length: options.newConnections }, single));
  const burstMs = performance.now() - start;
  isOver = true;
  await Promise.all(clients);
  return { burstMs, answered, during: summarise(during), failures: failures.slice(0, 8) };
};

/** The same in a process of its own. */
export const runBurstClientApart = (options: BurstOptions): Promise<BurstReport> =>
  runInProcess(import.meta.url, runBurstClient, options);
