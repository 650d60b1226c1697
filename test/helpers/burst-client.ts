/**
 * Bursts of new connections, each with one request. In: port, how many at once, how often. Out:
 * how long each burst took until all were answered, and what failed.
 */
import { RawConnection } from './raw-connection.ts';
import { runInProcess } from './run-in-process.ts';

export interface BurstOptions {
  readonly port: number;
  readonly connections: number;
  readonly bursts: number;
}

export interface BurstReport {
  readonly burstMs: readonly number[];
  readonly answered: number;
  readonly failures: readonly string[];
}

const GET = 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n';

export const runBurstClient = async (options: BurstOptions): Promise<BurstReport> => {
  const failures: string[] = [];
  const burstMs: number[] = [];
  let answered = 0;
  const ask = async (): Promise<void> => {
    const connection = new RawConnection(options.port);
    try {
      connection.request(GET);
      const { status } = await connection.response();
      if (status === 200) answered += 1;
      else failures.push(`status ${status}`);
    } catch (error) {
      failures.push(String(error));
    }
    await connection.leave('close');
  };
  for (let burst = 0; burst < options.bursts; burst += 1) {
    const start = performance.now();
    await Promise.all(Array.from({ length: options.connections }, ask));
    burstMs.push(performance.now() - start);
  }
  return { burstMs, answered, failures: failures.slice(0, 8) };
};

/** The same in a process of its own. */
export const runBurstClientApart = (options: BurstOptions): Promise<BurstReport> =>
  runInProcess(import.meta.url, runBurstClient, options);
