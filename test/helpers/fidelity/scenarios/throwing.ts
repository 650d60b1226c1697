/** Code of the app that throws where nobody catches (the thread has an `uncaughtException` listener). */
import type { Exchange, Scenario } from '../scenario.ts';

/** The part before the colon tells the recorder whose error it is. */
const thrower = (name: string) => (): never => {
  throw new Error(`${name}: thrown`);
};

const throwsIn = (
  place: string,
  arrange: (exchange: Exchange, boom: () => never) => void,
  more: Partial<Scenario> = {},
): Scenario => {
  const name = `throw-in-${place}`;
  return { name, handle: (exchange) => arrange(exchange, thrower(name)), ...more };
};

const POST = { method: 'POST', body: 'the body of it' };

/** The same, and then another request on the same connection: the first has left nothing behind. */
const thenAnother = (place: string, arrange: (exchange: Exchange, boom: () => never) => void): Scenario => {
  const name = `throw-in-${place}-then-another`;
  return {
    name,
    only: 'request',
    until: ['uncaught', `res2 'close'`],
    handle: (exchange) => {
      if (exchange.number === 1) arrange(exchange, thrower(name));
      else exchange.res.end('another');
    },
    client: async (client) => {
      const connection = await client.request();
      await connection.receive('whole');
      connection.send(client.text());
    },
  };
};

export const throwing: readonly Scenario[] = [
  thenAnother('finish', ({ res }, boom) => void res.on('finish', boom).end('whole')),
  thenAnother('the-end-callback', ({ res }, boom) => void res.end('whole', boom)),
  thenAnother('response-close', ({ res }, boom) => void res.on('close', boom).end('whole')),
  thenAnother('request-close', ({ req, res }, boom) => void (req.on('close', boom), res.end('whole'))),
  thenAnother('the-write-callback', ({ res }, boom) => void (res.write('whole', boom), res.end())),
  throwsIn('the-handler', (_exchange, boom) => boom(), { until: ['uncaught'] }),
  throwsIn('the-handler-after-a-write', ({ res }, boom) => (res.write('half'), boom()), { until: ['uncaught'] }),
  throwsIn('the-handler-after-end', ({ res }, boom) => (res.end('whole'), boom()), { until: ['uncaught'] }),
  throwsIn('an-async-handler', async (_exchange, boom) => boom(), { until: ['unhandled'] }),
  {
    name: 'throw-in-an-async-handler-later',
    until: ['unhandled'],
    handle: async ({ res }) => {
      res.write('half');
      await new Promise((resolve) => setImmediate(resolve));
      thrower('throw-in-an-async-handler-later')();
    },
  },
  throwsIn('a-tick', ({ res }, boom) => {
    process.nextTick(boom);
    setImmediate(() => res.end('went on'));
  }),
  throwsIn('an-immediate', ({ res }, boom) => {
    setImmediate(boom);
    setImmediate(() => res.end('went on'));
  }),
  throwsIn('finish', ({ res }, boom) => void res.on('finish', boom).end('whole')),
  throwsIn('the-end-callback', ({ res }, boom) => void res.end('whole', boom), { until: ['uncaught'] }),
  throwsIn('the-write-callback', ({ res }, boom) => {
    res.write('half', boom);
    setImmediate(() => setImmediate(() => res.end('whole')));
  }),
  throwsIn('response-close', ({ res }, boom) => void res.on('close', boom).end('whole')),
  throwsIn(
    'request-end',
    ({ req, res }, boom) => {
      req.on('end', boom);
      req.resume();
      setImmediate(() => setImmediate(() => res.end('whole')));
    },
    { until: [`res1 'close'`] },
  ),
  throwsIn('request-close', ({ req, res }, boom) => void (req.on('close', boom), res.end('whole'))),
  throwsIn(
    'request-data',
    ({ req, res }, boom) => {
      req.on('data', boom);
      setImmediate(() => setImmediate(() => res.end('whole')));
    },
    { only: 'request', request: POST, until: ['uncaught'] },
  ),
  throwsIn(
    'aborted',
    ({ req, reached }, boom) => {
      req.on('aborted', boom);
      reached('handler');
    },
    {
      until: ['uncaught'],
      client: async (client) => {
        const connection = await client.request();
        await client.reaches('handler');
        connection.end();
      },
    },
  ),
  {
    name: 'captured-rejection',
    capturesRejections: true,
    handle: async () => thrower('captured-rejection')(),
  },
];
