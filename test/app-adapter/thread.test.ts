/** What a whole thread adds to its parts: what it logs and how it is told things. With a real server. */
import { once } from 'node:events';
import test from 'ava';
import { pino } from 'pino';
import { Server } from '../../src/server.ts';
import { get } from '../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { fixtureUrl } from '../helpers/server-under-test.ts';
import { PassThrough } from 'node:stream';
import type { AddressInfo } from 'node:net';

interface Logged {
  readonly level: number;
  readonly msg: string;
  readonly err?: { readonly message: string; readonly stack: string };
}

test('what a thread logs is logged by the server, also an error that no clone can carry', async (t) => {
  const lines = new PassThrough();
  const logger = pino({ level: 'info' }, lines);
  const server = new Server({ app: fixtureUrl('uncloneable.mjs'), port: 0, threadCount: 1, logger });
  t.teardown(() => server.stop({ gracefulTimeoutMs: 0 }));
  await server.start();
  const client = new RawConnection((server.address() as AddressInfo).port);
  const logged = once(lines, 'data') as Promise<[Buffer]>;
  client.request(get('/this'));
  t.is((await client.response()).status, 500);
  const [line] = await logged;
  const record = JSON.parse(line.toString()) as Logged;
  t.is(record.level, 50);
  t.is(record.err?.message, 'no clone of /this');
  t.regex(record.err?.stack ?? '', /uncloneable\.mjs/);
  client.request(get('/again'));
  t.is((await client.response(2)).status, 500, 'and the thread lives on');
});
