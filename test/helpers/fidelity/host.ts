/**
 * The thread that serves scenarios behind plain node:http or behind `serveRequest`, each on a server
 * and a port of its own. A thread, because some scenarios throw where nobody catches.
 */
import type { AddressInfo } from 'node:net';
import { workerData } from 'node:worker_threads';
import type { Server } from 'node:http';
import { startInProcessAcceptor } from './in-process-acceptor.ts';
import { Recorder } from './recorder.ts';
import { scenarios } from './scenarios.ts';

const { side } = workerData as { side: 'plain' | 'in-process' };

const recorder = new Recorder(side);
const stops = new Map<string, () => void>();

/** What both sides tell their clients; the acceptor's settings of the real server's default. */
const KEEP_ALIVE_TIMEOUT_MS = 5000;
const WRITE_TIMEOUT_MS = 10_000;

const listenPlain = async (server: Server): Promise<{ port: number; close(): void }> => {
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const start = async (name: string): Promise<void> => {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) return;
  const server = recorder.createServer(scenario);
  const running =
    side === 'plain'
      ? await listenPlain(server)
      : await startInProcessAcceptor(server, {
          keepAliveTimeoutMs: KEEP_ALIVE_TIMEOUT_MS,
          writeTimeoutMs: WRITE_TIMEOUT_MS,
          isDraining: () => false,
          log: (_level, _fields, message) => recorder.log(name, `log ${message}`),
        });
  stops.set(name, () => void running.close());
  recorder.post({ type: 'listening', name, port: running.port });
};

recorder.onMessage((message) => {
  if (message.type === 'start') void start(message.name);
  if (message.type === 'stop') {
    stops.get(message.name)?.();
    stops.delete(message.name);
  }
});
recorder.post({ type: 'loaded' });

// The channel does not keep the thread alive; this does, until the test ends it.
setInterval(() => {}, 60_000);
