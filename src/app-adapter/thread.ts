/**
 * What runs in each thread: loads the app, then serves what the pull loop brings until it is told to
 * retire or to stop. piscina calls the default export once, and never hears of its end: a thread
 * that has run an app must not run another. Its port closes instead, and the pool terminates it.
 */
import type { MessagePort } from 'node:worker_threads';
import { threadId } from 'node:worker_threads';
import { toPlainError } from '../shared/errors/plain-error.ts';
import type { FromThread, LogFields, LogLevel, ThreadStart, ToThread } from '../shared/messages.ts';
import { ConnectionLoans } from './connection-loan/connection-loan.ts';
import type { TellLate } from './connection-loan/lent-connection.ts';
import { serveDirectRoute } from './direct-route/direct-loan.ts';
import { HeldRequest } from './held-loan.ts';
import { LimitWatch } from './limit-watch.ts';
import { loadApp } from './load/load-app.ts';
import { PullLoop } from './pull-loop.ts';
import { RequestLoans } from './request-loan/request-loan.ts';
import { ThreadMemory } from './thread-memory.ts';

export default async function runThread(start: StartOfThread): Promise<never> {
  const { messages } = start;
  try {
    await runApp(start);
  } catch (error) {
    const failed: FromThread = { type: 'load-failed', error: toPlainError(error) };
    messages.postMessage(failed);
    messages.close();
  }
  return new Promise<never>(() => {});
}

type StartOfThread = ThreadStart & { readonly messages: MessagePort };

/** Resolves when it waits to be told to serve. Rejects with what the app failed with. */
async function runApp(start: StartOfThread): Promise<void> {
  const { messages, options } = start;
  const send = (message: FromThread): void => messages.postMessage(message);
  const log = (level: LogLevel, fields: LogFields, message: string): void => {
    send({ type: 'log', level, fields: cloneable(fields), message });
  };
  send({ type: 'started', threadId });

  const app = await loadApp(options.app, {
    threadNumber: start.threadNumber,
    threadCount: options.threadCount,
    host: options.host,
    port: start.port,
    path: options.path,
    appLoadTimeoutMs: options.appLoadTimeoutMs,
    notice: (message: string) => log('info', { thread: start.threadNumber }, message),
    log,
  });
  const { httpServer, routes } = app;

  const thread = new ThreadMemory(start);
  const isDraining = (): boolean => thread.isDraining;
  const { keepAliveTimeoutMs, writeTimeoutMs } = options;
  const direct = { writeTimeoutMs, log };
  const requestLoans = new RequestLoans(httpServer, { keepAliveTimeoutMs, writeTimeoutMs, isDraining, log });
  const tellLate: TellLate = ({ request: { method, url } }, ranMs, outcome) =>
    send({ type: 'handler-late', method, path: url?.split('?', 1)[0], ranMs, outcome });
  const connectionLoans = new ConnectionLoans(httpServer, routes, options, isDraining, log, tellLate);
  connectionLoans.countUpgraded = (change) => thread.countUpgraded(change);
  const limits = new LimitWatch({
    ...options,
    served: () => thread.served,
    tell: (limit) => send({ type: 'over-limit', ...limit }),
  });
  const loop = new PullLoop({
    thread,
    buffer: start.buffer,
    concurrency: options.concurrencyPerThread,
    direct,
    send,
    serveRequest(loan, head, body) {
      limits.countRequest();
      const route = routes.size === 0 ? undefined : routes.match(head.method, head.target);
      if (route === undefined) {
        requestLoans.serve(loan, head, body);
        return;
      }
      if (isDraining()) head.keepAlive = false;
      serveDirectRoute(loan, route, head, body, direct);
    },
    serveConnection: (loan) => connectionLoans.serve(loan),
  });

  let isClosing = false;
  const close = (): void => {
    if (isClosing) return;
    isClosing = true;
    send({ type: 'closing' });
    void app.close().finally(() => {
      send({ type: 'closed' });
      messages.close();
    });
  };
  messages.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'serve':
        thread.startBeating();
        limits.start();
        loop.start(start.bellDescriptor);
        send({ type: 'ready' });
        return;
      case 'client-gone': {
        const loan = loop.loans.find(message.slot, message.generation);
        if (loan instanceof HeldRequest) loan.borrower?.clientGone(message.how);
        return;
      }
      case 'duplicate':
        loop.loans.giveDuplicate(message.slot, message.generation, message.descriptor);
        return;
      case 'revoked':
        loop.loans.find(message.slot, message.generation)?.lose();
        return;
      case 'drain':
        for (const loan of loop.loans.all) loan.borrower?.drain();
        return;
      case 'retire':
        limits.stop();
        connectionLoans.announceShutdown();
        loop.retire(close);
        return;
      case 'stop':
        close();
        return;
    }
  });
  send({ type: 'loaded' });
}

/** What an app logs may not be cloneable; errors cross as they are. */
function cloneable(fields: LogFields): LogFields {
  try {
    return structuredClone(fields);
  } catch {
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? toPlainError(value) : String(value)]),
    );
  }
}
