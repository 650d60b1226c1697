/**
 * A thread that dies with half a request read from a lent connection: what is left of that request
 * never runs as another, wherever the cut is, though every line of it spells a request.
 */
import { EventEmitter, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { Server } from '../../src/server.ts';
import { THREAD_FAILED } from '../../src/shared/replies.ts';

const APP = new URL('../../../test/fixtures/half-read.mjs', import.meta.url);
/** How often each kind of death is repeated. More than once: each in both ways. */
const ROUNDS = process.env['HYPERION_LONG'] === '1' ? 10 : 1;

const SPELLED = 'GET /spelled HTTP/1.1\r\nHost: a\r\n\r\n';
/** More than is read before a thread is involved. */
const REPEATS = 8000;

interface Kind {
  readonly die: 'exit' | 'throw';
  readonly framing: 'length' | 'chunked';
  /** Whether the thread stops reading, so that it leaves unread bytes in the kernel. */
  readonly stops: boolean;
  /** Whether the rest is sent before the thread dies, or after. */
  readonly restIsSent: 'before' | 'after';
  readonly reply: 'none' | 'begun';
  /** Whether the cut is where a request seems to begin, or within. */
  readonly cut: 'at' | 'within';
}

/** All but the way of dying, which changes from one to the next. */
const kinds = function* (): Generator<Omit<Kind, 'die'>> {
  for (const framing of ['length', 'chunked'] as const)
    for (const stops of [true, false])
      for (const restIsSent of ['before', 'after'] as const)
        for (const [reply, cut] of [
          ['none', 'at'],
          ['begun', 'at'],
          ['none', 'within'],
        ] as const)
          yield { framing, stops, restIsSent, reply, cut };
};

/** The request in two parts: what is sent first, and the rest. */
const cutRequest = ({ die, framing, stops, reply, cut }: Kind): [string, string] => {
  const lines = [
    'POST /victim HTTP/1.1',
    'Host: a',
    `X-Die: ${die}`,
    `X-Stop: ${stops ? 'yes' : 'no'}`,
    `X-Reply: ${reply}`,
  ];
  const repeated = SPELLED.repeat(REPEATS);
  const chunkHead = `${repeated.length.toString(16)}\r\n`;
  const head =
    framing === 'length'
      ? [...lines, `X-Read: ${SPELLED.length}`, `Content-Length: ${repeated.length}`, '', ''].join('\r\n')
      : [...lines, `X-Read: ${SPELLED.length}`, 'Transfer-Encoding: chunked', '', chunkHead].join('\r\n');
  const body = framing === 'length' ? repeated : `${repeated}\r\n0\r\n\r\n`;
  const at = SPELLED.length * 2 + (cut === 'within' ? 7 : 0);
  return [head + body.slice(0, at), body.slice(at)];
};

interface News {
  readonly ran?: string;
  readonly read?: number;
}

test('what a dead thread left unread of a request never runs', async (t) => {
  const channel = new BroadcastChannel('half-read');
  const news = new EventEmitter();
  const ran: string[] = [];
  channel.onmessage = (event) => {
    const { ran: url, read } = (event as { data: News }).data;
    if (url !== undefined) ran.push(url);
    if (read !== undefined) news.emit('read');
  };
  const server = new Server({ app: APP, threadCount: 2, port: 0, logLevel: 'silent' });
  t.teardown(async () => {
    channel.close();
    await server.stop({ gracefulTimeoutMs: 0 });
  });
  await server.start();
  const { port } = server.address() as AddressInfo;

  let deaths = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const circumstances of kinds()) {
      const kind: Kind = { ...circumstances, die: (deaths + round) % 2 === 0 ? 'exit' : 'throw' };
      const [first, rest] = cutRequest(kind);
      const isRead = once(news, 'read');
      const client = net.connect(port, '127.0.0.1');
      const received: Buffer[] = [];
      client.on('data', (bytes) => received.push(bytes));
      // A reply that is cut ends with a reset where unread bytes are left.
      client.on('error', () => {});
      const closed = new Promise((resolve) => client.once('close', resolve));
      client.write(first);
      await isRead;
      if (kind.restIsSent === 'before') client.write(rest);
      // Two turns later the rest is in the kernel, or with the thread.
      await new Promise(setImmediate);
      channel.postMessage('die');
      if (kind.restIsSent === 'after') client.once('data', () => client.write(rest));
      await closed;
      deaths += 1;
      const text = Buffer.concat(received).toString('latin1');
      const name = JSON.stringify(kind);
      if (kind.reply === 'none') t.is(text, THREAD_FAILED.closeBytes.toString('latin1'), name);
      else t.regex(text, /^HTTP\/1\.1 200 OK\r\n[^]*begun\r\n$/, name);
      t.deepEqual(ran, [], name);
    }
  }

  // Both threads serve, and nothing is left of the loans.
  await Promise.all(
    Array.from({ length: 8 }, async (_, n) => (await fetch(`http://127.0.0.1:${port}/after-${n}`)).text()),
  );
  t.true(
    ran.every((url) => url.startsWith('/after-')),
    String(ran),
  );
  t.is(server.stats().lent, 0);
  t.is(server.stats().pending, 0);
  t.log(`${deaths} deaths`);
});
