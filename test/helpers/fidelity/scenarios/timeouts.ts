/** Time-outs of req, res, their socket and the server. */
import type { Scenario } from '../scenario.ts';
import { attempt } from './attempt.ts';

/**
 * Short, for the test's sake; nothing is asserted about when it fires. Long enough for a request to
 * reach its handler on a busy machine: the server's time-out runs from the connection on.
 */
const SHORT_MS = 150;
/** Never fires in a test. */
const LONG_MS = 60_000;

export const timeouts: readonly Scenario[] = [
  {
    name: 'res-set-timeout',
    handle: ({ res, log }) => {
      res.setTimeout(SHORT_MS, () => {
        log('timed out');
        res.end('late');
      });
    },
  },
  {
    name: 'req-set-timeout',
    handle: ({ req, res, log }) => {
      req.setTimeout(SHORT_MS, () => log('request timed out'));
      res.on('timeout', () => {
        log('response timed out');
        res.end('late');
      });
    },
  },
  {
    name: 'socket-set-timeout-nobody-listens',
    handle: ({ req }) => void req.socket.setTimeout(SHORT_MS),
  },
  {
    name: 'socket-set-timeout-listener',
    handle: ({ req, log }) => void req.socket.setTimeout(SHORT_MS, () => log('socket timed out')),
  },
  {
    name: 'server-timeout-nobody-listens',
    prepare: (server) => void server.setTimeout(SHORT_MS),
    handle: () => {},
  },
  {
    name: 'server-timeout-listener',
    prepare: (server, log) => {
      server.setTimeout(SHORT_MS, (socket) => {
        log(`server timed out ${socket.destroyed}`);
        socket.destroy();
      });
    },
    handle: () => {},
  },
  {
    name: 'timeout-in-the-reply',
    handle: ({ res, log }) => {
      res.write('half');
      res.setTimeout(SHORT_MS, () => {
        log('timed out');
        res.destroy();
      });
    },
  },
  {
    name: 'timeout-turned-off',
    handle: ({ req, res }) => {
      req.socket.setTimeout(SHORT_MS);
      req.socket.setTimeout(0);
      setTimeout(() => res.end('in time'), SHORT_MS * 2);
    },
  },
  {
    name: 'timeout-put-off-by-writes',
    handle: ({ res, req, log }) => {
      req.socket.setTimeout(SHORT_MS * 3, () => log('never'));
      let count = 0;
      const timer = setInterval(() => {
        count += 1;
        res.write('.');
        if (count < 12) return;
        clearInterval(timer);
        res.end('!');
      }, SHORT_MS / 3);
    },
  },
  {
    name: 'timeout-that-never-comes',
    handle: ({ req, res, log }) => {
      req.setTimeout(LONG_MS, () => log('never'));
      res.setTimeout(LONG_MS, () => log('never'));
      log(`timeout ${req.socket.timeout}`);
      res.end('in time');
    },
  },
  {
    name: 'timeout-arguments',
    handle: (exchange) => {
      const { req, res } = exchange;
      attempt(exchange, 'negative', () => req.socket.setTimeout(-1));
      attempt(exchange, 'text', () => req.socket.setTimeout('x' as unknown as number));
      attempt(exchange, 'infinite', () => req.socket.setTimeout(Infinity));
      attempt(exchange, 'listener', () => req.socket.setTimeout(10, 'x' as unknown as () => void));
      attempt(exchange, 'removes', () => req.socket.setTimeout(0, () => {}) === req.socket);
      attempt(exchange, 'encoding', () => req.socket.setEncoding('utf8'));
      res.end();
    },
  },
];
