/** Async contexts, the order of turns between requests, and what tools can hear. */
import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { PerformanceObserver } from 'node:perf_hooks';
import type { Scenario } from '../scenario.ts';

const storage = new AsyncLocalStorage<string>();

export const contexts: readonly Scenario[] = [
  {
    name: 'context-run',
    handle: ({ req, res, log }) => {
      storage.run('mine', () => {
        req.on('end', () => log(`end ${storage.getStore()}`));
        res.on('finish', () => log(`finish ${storage.getStore()}`));
        res.on('close', () => log(`close ${storage.getStore()}`));
        req.resume();
        setImmediate(() => {
          log(`immediate ${storage.getStore()}`);
          res.end('ran', () => log(`end callback ${storage.getStore()}`));
        });
      });
    },
  },
  {
    name: 'context-run-post',
    request: { method: 'POST', body: 'x' },
    handle: ({ req, res, log }) => {
      storage.run('mine', () => {
        req.on('data', () => log(`data ${storage.getStore()}`));
        req.on('end', () => {
          log(`end ${storage.getStore()}`);
          res.end('ran');
        });
      });
    },
  },
  {
    name: 'context-enter-with',
    handle: async ({ req, res, log }) => {
      log(`before ${storage.getStore()}`);
      storage.enterWith('entered');
      req.on('end', () => log(`end ${storage.getStore()}`));
      res.on('close', () => log(`close ${storage.getStore()}`));
      await Promise.resolve();
      log(`after ${storage.getStore()}`);
      res.end();
    },
  },
  {
    name: 'context-of-another-client',
    exchanges: 2,
    handle: ({ res, number, log }) => {
      log(`handler ${number} ${storage.getStore()}`);
      storage.enterWith(`client ${number}`);
      res.end(`reply ${number}`);
    },
    client: async (client) => {
      const first = await client.request();
      await first.receive('reply 1');
      const second = await client.request();
      await second.receive('reply 2');
    },
  },
  {
    name: 'context-of-a-waiting-client',
    exchanges: 3,
    handle: async ({ res, number, log, reached, told }) => {
      log(`handler ${number} ${storage.getStore()}`);
      storage.enterWith(`client ${number}`);
      reached(`handler ${number}`);
      await told(`go ${number}`);
      log(`still ${number} ${storage.getStore()}`);
      res.end(`reply ${number}`);
    },
    client: async (client) => {
      for (const number of [1, 2, 3]) {
        await client.request();
        await client.reaches(`handler ${number}`);
      }
      for (const number of [3, 1, 2]) {
        client.tell(`go ${number}`);
        await client.connections[number - 1]?.receive('reply');
      }
    },
  },
  {
    name: 'turns-between-pipelined-requests',
    exchanges: 2,
    handle: ({ res, number, log }) => {
      log(`handler ${number}`);
      process.nextTick(() => log(`tick ${number}`));
      void Promise.resolve().then(() => log(`microtask ${number}`));
      res.end(`reply ${number}`);
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.send(client.text() + client.text());
      await connection.receive('reply 2');
    },
  },
  {
    name: 'execution-id-is-own',
    exchanges: 2,
    handle: ({ res, number, log }) => {
      log(`inside ${executionAsyncId() > 0}`);
      res.end(`reply ${number}`);
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('reply 1');
      connection.send(client.text());
    },
  },
  {
    name: 'diagnostics-channels',
    prepare: (server, log) => {
      const isOurs = (message: unknown): boolean => (message as { server?: unknown }).server === server;
      const keys = (message: unknown): string => Object.keys(message as object).join(' ');
      channel('http.server.request.start').subscribe((message) => {
        if (isOurs(message)) log(`start ${keys(message)}`);
      });
      channel('http.server.response.finish').subscribe((message) => {
        if (isOurs(message)) log(`finish ${keys(message)}`);
      });
    },
    handle: ({ res, log }) => {
      log('handler');
      res.end('heard');
    },
  },
  {
    name: 'performance-entries',
    until: ['entry'],
    prepare: (server, log) => {
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const detail = Reflect.get(entry, 'detail') as { req?: { url?: string }; res?: { statusCode?: number } };
          if (detail.req?.url?.startsWith('/performance-entries') !== true) continue;
          log(`entry ${entry.name} ${detail.res?.statusCode}`);
        }
      });
      observer.observe({ type: 'http' });
      server.on('close', () => observer.disconnect());
    },
    handle: ({ res }) => res.end('measured'),
  },
];
