/** `destroy` and `end` on req, res and their socket, at every stage of a reply. */
import type { Exchange, Scenario } from '../scenario.ts';
import { called } from './attempt.ts';

/** A stage of a reply, and how to get there. */
const stages: Record<string, (exchange: Exchange, act: () => void) => void> = {
  'at-once': (_exchange, act) => act(),
  'after-the-head': ({ res }, act) => {
    res.writeHead(200, { 'Content-Length': 100 });
    act();
  },
  'after-a-write': ({ res }, act) => {
    res.write('half');
    act();
  },
  'after-a-flushed-write': ({ res }, act) => {
    res.write('half', () => setImmediate(act));
  },
  'after-end': ({ res }, act) => {
    res.end('whole');
    act();
  },
  'in-the-end-callback': ({ res }, act) => {
    res.end('whole', act);
  },
  'in-finish': ({ res }, act) => {
    res.on('finish', act);
    res.end('whole');
  },
  'in-close': ({ res }, act) => {
    res.once('close', act);
    res.end('whole');
  },
};

const acts: Record<string, (exchange: Exchange) => void> = {
  'res-destroy': ({ res }) => void res.destroy(),
  'socket-destroy': ({ req }) => void req.socket.destroy(),
  'socket-end': ({ req }) => void req.socket.end(),
};

const grid: Scenario[] = Object.entries(acts).flatMap(([act, run]) =>
  Object.entries(stages).map(([stage, enter]): Scenario => ({
    name: `${act}-${stage}`,
    handle: (exchange) => enter(exchange, () => run(exchange)),
    ...(act === 'socket-end'
      ? {
          client: async (client) => {
            const connection = await client.request();
            await connection.ended();
            connection.end();
          },
        }
      : {}),
  })),
);

export const destroying: readonly Scenario[] = [
  ...grid,
  {
    name: 'res-destroy-with-error',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('error', called(exchange, 'response error'));
      res.write('half');
      res.destroy(new Error('of the app'));
      exchange.log(`errored ${String(res.errored?.message)}`);
    },
  },
  {
    name: 'socket-destroy-with-error',
    handle: (exchange) => {
      exchange.req.on('error', called(exchange, 'request error'));
      exchange.res.on('error', called(exchange, 'response error'));
      exchange.req.socket.on('error', called(exchange, 'socket error'));
      exchange.req.socket.destroy(new Error('of the app'));
    },
  },
  {
    name: 'socket-destroy-with-error-and-client-error',
    prepare: (server, log) => {
      server.on('clientError', (error, socket) => log(`clientError ${error.message} ${socket.destroyed}`));
    },
    handle: ({ req }) => void req.socket.destroy(new Error('of the app')),
  },
  {
    name: 'socket-emits-error',
    handle: ({ req }) => void req.socket.emit('error', new Error('of the app')),
  },
  {
    name: 'socket-emits-error-in-the-reply',
    handle: ({ req, res }) => {
      res.write('half', () => setImmediate(() => req.socket.emit('error', new Error('of the app'))));
    },
  },
  {
    name: 'socket-emits-error-client-error-answers',
    prepare: (server) => {
      server.on('clientError', (_error, socket) => {
        socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      });
    },
    handle: ({ req }) => void req.socket.emit('error', new Error('of the app')),
    client: async (client) => {
      const connection = await client.request();
      await connection.ended();
      connection.end();
    },
  },
  {
    name: 'write-after-destroy',
    handle: (exchange) => {
      const { res } = exchange;
      res.on('error', called(exchange, 'response error'));
      res.destroy();
      exchange.log(`write ${res.write('late', called(exchange, 'write'))}`);
      res.end('later', called(exchange, 'end'));
    },
  },
  {
    name: 'corked-data-and-destroy',
    handle: (exchange) => {
      const { res } = exchange;
      res.cork();
      res.write('never', called(exchange, 'write'));
      res.destroy();
      res.uncork();
    },
  },
  {
    name: 'destroy-then-listen',
    handle: ({ req, res, log }) => {
      res.destroy();
      req.on('close', () => log('request close'));
      res.on('close', () => log('response close'));
      log(`${req.destroyed} ${res.destroyed} ${req.socket.destroyed}`);
    },
  },
  {
    name: 'destroy-twice',
    handle: ({ req, res }) => {
      res.destroy();
      req.destroy();
      req.socket.destroy();
    },
  },
  {
    name: 'destroy-soon',
    handle: ({ req, res }) => {
      res.write('half');
      req.socket.destroySoon();
    },
  },
  {
    name: 'destroy-in-a-later-turn',
    handle: ({ req }) => setImmediate(() => setImmediate(() => req.socket.destroy())),
  },
  {
    name: 'destroy-while-an-ended-reply-is-blocked',
    isHeavy: true,
    handle: (exchange) => {
      const { res } = exchange;
      res.end(Buffer.alloc(12 * 1_048_576));
      setImmediate(() => setImmediate(() => res.destroy()));
      res.on('close', () => exchange.reached('closed'));
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.pause();
      connection.send(client.text());
      await client.reaches('closed');
      connection.socket.destroy();
    },
  },
  {
    name: 'destroy-while-a-write-is-blocked',
    isHeavy: true,
    handle: (exchange) => {
      const { res } = exchange;
      res.write(Buffer.alloc(12 * 1_048_576), (error) =>
        exchange.log(`write called ${error ? 'with an error' : 'well'}`),
      );
      setImmediate(() => setImmediate(() => res.destroy()));
      res.on('close', () => exchange.reached('closed'));
    },
    client: async (client) => {
      const connection = await client.connect();
      connection.pause();
      connection.send(client.text());
      await client.reaches('closed');
      connection.socket.destroy();
    },
  },
];
