/** Loads fixture apps in real worker threads, as the pool does, and lets tests talk HTTP with them. */
import { on } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { AppHost } from '../../src/app-adapter/load/load-app.ts';

export interface AppThreadStart {
  readonly appUrl: string;
  readonly host: Omit<AppHost, 'notice' | 'log'>;
}

interface Logged {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

interface Failed {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

export type FromAppThread =
  | { readonly type: 'notice'; readonly text: string }
  | ({ readonly type: 'log' } & Logged)
  | { readonly type: 'loaded'; readonly port: number; readonly address: AddressInfo | string | null }
  | ({ readonly type: 'failed' } & Failed)
  | { readonly type: 'closed' };

export interface AppThread {
  readonly origin: string;
  /** What the app's server says to be its address. */
  readonly address: AddressInfo | string | null;
  readonly notices: string[];
  readonly logs: Logged[];
  readonly worker: Worker;
  /** Runs the app's stop hooks. */
  close(): Promise<void>;
}

export const SERVER_ADDRESS = { host: '127.0.0.1', port: 9292, path: undefined };

const fixtureUrl = (name: string): string => new URL(`../../../test/fixtures/load/${name}`, import.meta.url).href;

/** Where the fixture lies, as messages name it. */
export const fixturePath = (name: string): string => new URL(fixtureUrl(name)).pathname;

const start = (name: string, host: Partial<AppThreadStart['host']>, env: NodeJS.ProcessEnv): Worker => {
  const workerData: AppThreadStart = {
    appUrl: fixtureUrl(name),
    host: { threadNumber: 0, threadCount: 2, appLoadTimeoutMs: 20_000, ...SERVER_ADDRESS, ...host },
  };
  return new Worker(new URL('./app-thread-worker.js', import.meta.url), {
    workerData,
    env: { ...process.env, ...env },
  });
};

/** Loads the fixture and resolves when it serves. Ends with the test. */
export async function startApp(
  t: { teardown(end: () => unknown): void },
  name: string,
  host: Partial<AppThreadStart['host']> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<AppThread> {
  const worker = start(name, host, env);
  t.teardown(() => worker.terminate());
  const notices: string[] = [];
  const logs: Logged[] = [];
  const loaded = new Promise<Extract<FromAppThread, { type: 'loaded' }>>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message: FromAppThread) => {
      if (message.type === 'notice') notices.push(message.text);
      else if (message.type === 'log') logs.push(message);
      else if (message.type === 'loaded') resolve(message);
      else if (message.type === 'failed') reject(new Error(message.message));
    });
  });
  const { port, address } = await loaded;
  const close = async (): Promise<void> => {
    const messages = messagesOf(worker);
    worker.postMessage('close');
    for await (const message of messages) if (message.type === 'closed') return;
  };
  return { origin: `http://127.0.0.1:${port}`, address, notices, logs, worker, close };
}

/** Loads a fixture that must not load, and resolves with the error. */
export async function failToStart(name: string, host: Partial<AppThreadStart['host']> = {}): Promise<Failed> {
  const worker = start(name, host, {});
  try {
    for await (const message of messagesOf(worker)) {
      if (message.type === 'failed') return message;
      if (message.type === 'loaded') throw new Error(`${name} loaded`);
    }
    throw new Error('The worker ended');
  } finally {
    await worker.terminate();
  }
}

/** All messages from now on. */
async function* messagesOf(worker: Worker): AsyncGenerator<FromAppThread> {
  for await (const [message] of on(worker, 'message', { close: ['exit'] })) yield message as FromAppThread;
}
