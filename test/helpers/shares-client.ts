/**
 * Clients that ask again as soon as they are answered, of three kinds: on a connection that they
 * keep, on a new connection each time, and with a body. In: port, how many of each. Out: of each
 * kind the smallest, the mean and the largest number of answers that one client got.
 */
import { RawConnection } from './raw-connection.ts';
import { runInProcess } from './run-in-process.ts';

export interface SharesOptions {
  readonly port: number;
  readonly target: string;
  /** Clients of each kind. */
  readonly kept: number;
  readonly fresh: number;
  readonly uploading: number;
  readonly uploadBytes: number;
  /** It is over when those that keep their connection have got so many answers each, on average. */
  readonly rounds: number;
}

export interface Shares {
  readonly smallest: number;
  readonly mean: number;
  readonly largest: number;
}

export interface SharesReport {
  readonly kept: Shares;
  readonly fresh: Shares;
  readonly uploading: Shares;
  readonly failures: readonly string[];
}

const sharesOf = (counts: readonly number[]): Shares => ({
  smallest: counts.length === 0 ? 0 : Math.min(...counts),
  mean: counts.length === 0 ? 0 : counts.reduce((sum, count) => sum + count, 0) / counts.length,
  largest: Math.max(0, ...counts),
});

export const runSharesClient = async (options: SharesOptions): Promise<SharesReport> => {
  const { port, target } = options;
  const failures: string[] = [];
  const get = `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const upload = Buffer.from(
    `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${options.uploadBytes}\r\n\r\n${'x'.repeat(options.uploadBytes)}`,
  );
  // With one answer each they wait for one another: those that began first would keep the last ones out for minutes.
  let begin: () => void = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let isMeasuring = false;
  let isOver = false;
  let left = options.kept * options.rounds;
  let whenOver: () => void = () => {};

  const loop = async (bytes: Buffer | string, isKept: boolean, whenAnswered: () => void): Promise<number> => {
    let count = 0;
    let connection = new RawConnection(port);
    while (!isOver && failures.length < 8) {
      if (connection.isClosed) connection = new RawConnection(port);
      connection.responses.length = 0;
      try {
        connection.request(bytes, typeof bytes === 'string' ? 'GET' : 'POST');
        const { status } = await connection.response();
        if (status !== 200) throw new Error(`status ${status}`);
      } catch (error) {
        failures.push(String(error));
        begin();
        whenOver();
        break;
      }
      if (isMeasuring) {
        count += 1;
        if (bytes === get && isKept && (left -= 1) === 0) whenOver();
      }
      whenAnswered();
      await begun;
      if (!isKept) await connection.leave('close');
    }
    whenAnswered();
    if (!connection.isClosed) await connection.leave('close');
    return count;
  };

  const start = async (clients: number, bytes: Buffer | string, isKept: boolean): Promise<Promise<number>[]> => {
    const counts: Promise<number>[] = [];
    const answered: Promise<void>[] = [];
    for (let client = 0; client < clients; client += 1) {
      answered.push(new Promise((resolve) => counts.push(loop(bytes, isKept, resolve))));
      // Not all at once: the listen backlog is not what is looked at.
      if (client % 100 === 99) await Promise.all(answered);
    }
    await Promise.all(answered);
    return counts;
  };

  const kept = await start(options.kept, get, true);
  const fresh = await start(options.fresh, get, false);
  const uploading = await start(options.uploading, upload, true);
  if (failures.length === 0) {
    isMeasuring = true;
    begin();
    await new Promise<void>((resolve) => (whenOver = resolve));
  }
  isOver = true;
  return {
    kept: sharesOf(await Promise.all(kept)),
    fresh: sharesOf(await Promise.all(fresh)),
    uploading: sharesOf(await Promise.all(uploading)),
    failures,
  };
};

/** The same in a process of its own. */
export const runSharesClientApart = (options: SharesOptions): Promise<SharesReport> =>
  runInProcess(import.meta.url, runSharesClient, options);
