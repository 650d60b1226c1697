/**
 * One server under measurement, in a process of its own: started, polled until it answers, its
 * answer checked, stopped. In: what the rival wants run. Out: pid and port.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { Launch, Scenario } from './types.ts';

/** A busy machine needs that long for Watt with eight workers. */
const READY_WITHIN_MS = 60_000;
const POLL_EVERY_MS = 50;
/** A server that ignores SIGTERM is killed. */
const STOP_WITHIN_MS = 3_000;
/** Of what the server wrote to stderr, the end: shown when it fails. */
const KEPT_CHARACTERS = 2_000;

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const fetchText = (port: number, target: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get({ port, host: '127.0.0.1', path: target, agent: false }, (res: IncomingMessage) => {
      let text = `${res.statusCode} `;
      res.setEncoding('latin1');
      res.on('data', (piece: string) => (text += piece));
      res.on('end', () => resolve(text));
      res.on('error', reject);
    });
    request.on('error', reject);
    request.setTimeout(READY_WITHIN_MS, () => request.destroy(new Error('No answer')));
  });

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const awaitReady = async (child: ChildProcess, port: number, check: Scenario['check']): Promise<void> => {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    if (hasEnded(child)) throw new Error('The server ended before it was ready');
    try {
      const text = await fetchText(port, check.target);
      if (text !== `200 ${check.body}`) throw new RangeError(`Wrong answer: ${JSON.stringify(text.slice(0, 200))}`);
      return;
    } catch (error) {
      if (error instanceof RangeError || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
    }
  }
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exit;
  clearTimeout(timer);
};

/** `node` is the program that stands for 'node' in the command. */
export const startServer = async (
  { command, environment }: Launch,
  port: number,
  setup: unknown,
  check: Scenario['check'],
  node: string,
): Promise<ServerProcess> => {
  const [program, ...args] = command;
  const child = spawn(program === 'node' ? node : program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment, BENCH_SETUP: JSON.stringify(setup) },
  });
  const killNow = (): void => void child.kill('SIGTERM');
  process.once('exit', killNow);
  child.once('exit', () => process.off('exit', killNow));
  let errorText = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => (errorText = (errorText + text).slice(-KEPT_CHARACTERS)));
  try {
    await Promise.race([
      awaitReady(child, port, check),
      once(child, 'error').then(([error]: unknown[]) => Promise.reject(error as Error)),
    ]);
  } catch (error) {
    await stop(child);
    throw new Error(`${String(error)}\n${errorText}`.trim(), { cause: error });
  }
  return { pid: child.pid ?? 0, port, stop: () => stop(child) };
};
