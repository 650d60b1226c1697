/** Clients that leave: before, during and after the reply, by FIN and by RST. */
import { finished } from 'node:stream';
import type { Client } from '../client.ts';
import type { Exchange, Scenario } from '../scenario.ts';
import { called, codeOf } from './attempt.ts';

type Leave = 'end' | 'reset';

/** Waits for the handler, leaves, and goes on when the handler has seen it. */
const leaveAt =
  (place: string, how: Leave) =>
  async (client: Client): Promise<void> => {
    const connection = await client.request();
    await client.reaches(place);
    connection[how]();
  };

const leaveAfterText =
  (text: string, how: Leave) =>
  async (client: Client): Promise<void> => {
    const connection = await client.request();
    await connection.receive(text);
    connection[how]();
  };

const BOTH: readonly Leave[] = ['end', 'reset'];

const both = (build: (how: Leave) => Scenario): Scenario[] => BOTH.map(build);

const whenClosed = (exchange: Exchange, run: () => void): void => {
  exchange.res.on('close', () => setImmediate(run));
};

export const leaving: readonly Scenario[] = [
  ...both((how) => ({
    name: `client-${how}-before-the-reply`,
    handle: ({ reached }) => reached('handler'),
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-with-listeners`,
    handle: (exchange) => {
      const { req, res } = exchange;
      req.on('aborted', () => exchange.log('aborted listener'));
      req.on('error', called(exchange, 'request error'));
      res.on('error', called(exchange, 'response error'));
      req.on('close', () => exchange.log('request close'));
      res.on('close', () => exchange.log(`response close ${res.writableFinished}`));
      exchange.reached('handler');
    },
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-then-the-reply`,
    handle: (exchange) => {
      const { res } = exchange;
      exchange.reached('handler');
      whenClosed(exchange, () => {
        exchange.log(`write ${res.write('late', called(exchange, 'write'))}`);
        res.end('never', called(exchange, 'end'));
        exchange.log(`${res.writableEnded} ${res.writable} ${res.destroyed}`);
        setImmediate(() => setImmediate(() => exchange.log('over')));
      });
    },
    until: ['over'],
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-in-the-reply`,
    handle: ({ res }) => res.write('half'),
    client: leaveAfterText('half', how),
  })),
  ...both((how) => ({
    name: `client-${how}-in-the-reply-writes-on`,
    handle: (exchange) => {
      const { res } = exchange;
      res.write('half');
      whenClosed(exchange, () => {
        res.write('more', called(exchange, 'write'));
        res.end(called(exchange, 'end'));
        setImmediate(() => setImmediate(() => exchange.log('over')));
      });
    },
    until: ['over'],
    client: leaveAfterText('half', how),
  })),
  ...both((how) => ({
    name: `client-${how}-in-a-post`,
    request: { method: 'POST', body: 'sent whole' },
    // Not before the body is there: with a reset right behind it Node 20 reads both at once, or not.
    handle: ({ req, reached }) => {
      req.pause();
      req.once('readable', () => reached('handler'));
    },
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-after-reading-a-post`,
    request: { method: 'POST', body: 'sent whole' },
    handle: ({ req, reached }) => {
      req.resume();
      req.on('end', () => reached('handler'));
    },
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-while-iterating`,
    request: { method: 'POST', body: 'sent whole' },
    handle: async (exchange) => {
      const { req, res } = exchange;
      try {
        for await (const piece of req) {
          exchange.log(`piece ${String(piece)}`);
          exchange.reached('handler');
          await new Promise((resolve) => res.once('close', resolve));
        }
        exchange.log('iterated');
      } catch (error) {
        exchange.log(`iteration failed ${codeOf(error)}`);
      }
    },
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-and-finished`,
    handle: (exchange) => {
      finished(exchange.req, called(exchange, 'request finished'));
      finished(exchange.res, called(exchange, 'response finished'));
      finished(exchange.req.socket, called(exchange, 'socket finished'));
      exchange.reached('handler');
    },
    client: leaveAt('handler', how),
  })),
  ...both((how) => ({
    name: `client-${how}-with-half-open-allowed`,
    prepare: (server) => {
      Object.assign(server, { httpAllowHalfOpen: true });
    },
    handle: async (exchange) => {
      const { req, res } = exchange;
      req.socket.on('end', () => setImmediate(() => res.end('still answered')));
      exchange.reached('handler');
    },
    client: leaveAt('handler', how),
  })),
  {
    name: 'client-end-half-open-in-the-reply',
    prepare: (server) => {
      Object.assign(server, { httpAllowHalfOpen: true });
    },
    handle: ({ req, res }) => {
      res.write('half ');
      req.socket.on('end', () => setImmediate(() => res.end('and the rest')));
    },
    client: leaveAfterText('half', 'end'),
  },
  {
    name: 'client-end-with-the-request-sync',
    only: 'request',
    handle: ({ res }) => res.end('answered'),
    client: async (client) => {
      const connection = await client.connect();
      connection.socket.end(client.text());
    },
  },
  {
    name: 'client-end-with-the-request-close',
    request: { headers: ['Connection: close'] },
    handle: ({ res }) => res.end('answered'),
    client: async (client) => {
      const connection = await client.connect();
      connection.socket.end(client.text());
    },
  },
  {
    name: 'client-end-with-the-request-async',
    handle: ({ res, req }) => {
      req.socket.on('close', () => setImmediate(() => res.end('too late')));
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.socket.end(client.text());
    },
  },
  {
    name: 'client-reset-and-client-error-listener',
    prepare: (server, log) => {
      server.on('clientError', (error, socket) => {
        log(`clientError ${(error as NodeJS.ErrnoException).code} ${socket.destroyed} ${socket.writable}`);
        socket.destroy(error);
      });
    },
    handle: ({ reached }) => reached('handler'),
    client: leaveAt('handler', 'reset'),
  },
  {
    name: 'signal-of-an-aborted-request',
    handle: ({ req, log, reached }) => {
      const signal = Reflect.get(req, 'signal') as AbortSignal | undefined;
      signal?.addEventListener('abort', () => log('signal aborted'));
      log(`signal ${String(signal?.aborted)}`);
      reached('handler');
    },
    client: leaveAt('handler', 'end'),
  },
  {
    name: 'signal-of-an-answered-request',
    request: { headers: ['Connection: close'] },
    handle: ({ req, res, log }) => {
      const signal = Reflect.get(req, 'signal') as AbortSignal | undefined;
      signal?.addEventListener('abort', () => log('signal aborted'));
      res.on('close', () => log(`signal ${String(signal?.aborted)}`));
      res.end('answered');
    },
  },
  {
    name: 'client-end-after-the-reply-began-to-end',
    handle: ({ res, req, log }) => {
      res.end('answered');
      req.socket.on('end', () => log('end seen'));
      res.on('close', () => log('closed'));
    },
    until: [`res1 'close'`],
  },
  {
    name: 'client-reset-between-two-writes',
    handle: (exchange) => {
      const { res } = exchange;
      res.write('one');
      res.on('close', () => exchange.log(`writable ${res.writable} socket ${res.socket === null}`));
      exchange.reached('written');
    },
    client: leaveAfterText('one', 'reset'),
  },
  {
    name: 'client-end-listener-answers',
    handle: ({ req, res, log, reached }) => {
      req.on('aborted', () => {
        res.statusCode = 499;
        log(`end ${String(res.end('nobody') === res)}`);
      });
      reached('handler');
    },
    client: leaveAt('handler', 'end'),
  },
];
