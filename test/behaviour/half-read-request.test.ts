/**
 * A thread dies with half a request read from a lent connection. The rest of it, however it is
 * cut, never runs as a request, though it spells one.
 */
import { BroadcastChannel } from 'node:worker_threads';
import test from 'ava';
import { RawConnection } from '../helpers/raw-connection.ts';
import { type ServerUnderTest, startServer } from '../helpers/server-under-test.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';

let subject: ServerUnderTest;
const seen: string[] = [];
const channel = new BroadcastChannel('dies-half-read');
channel.unref();
channel.onmessage = (event) => void seen.push((event as { data: string }).data);

test.before(async () => {
  subject = await startServer('dies-half-read.mjs', { threadCount: 2 });
});
test.after.always(() => subject.server.stop({ gracefulTimeoutMs: 0 }));

const head = (target: string, framing: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n`;

type Pause = 'none' | 'turn' | 'answer';

const neverRuns = test.macro({
  title: (_, target: string, framing: string, first: string, rest: readonly string[], pause: Pause) =>
    `${target}, ${framing}, ${first.length} bytes read, then ${rest.length} pieces, waiting for ${pause}`,
  async exec(t, target: string, framing: string, first: string, rest: readonly string[], pause: Pause) {
    seen.length = 0;
    const connection = new RawConnection(subject.port);
    connection.request(head(target, framing) + first, 'POST');
    for (const piece of rest) {
      if (pause === 'turn') await new Promise((resolve) => setImmediate(resolve));
      if (pause === 'answer') await Promise.race([connection.response(), connection.closed()]);
      connection.send(piece);
    }
    await connection.closed();
    t.deepEqual(
      connection.responses.map(({ status, headers }) => [status, headers.get('connection')]),
      [[503, 'close']],
    );
    await subject.atRest();
    // An answered request behind all that: what the app was given before has been told by now.
    const last = new RawConnection(subject.port);
    last.request('GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    t.is((await last.response()).body.toString(), 'served\n');
    await last.closed();
    t.deepEqual(
      seen.filter((line) => line !== `POST ${target}` && line !== 'GET /last'),
      [],
    );
  },
});

const CHUNKED = 'Transfer-Encoding: chunked';
const LONG = 'Content-Length: 100000';

const inChunks = ['5\r\nfirst\r\n2b\r\n', [SMUGGLED, '\r\n0\r\n\r\n', SMUGGLED]] as const;
const inLength = ['first', [SMUGGLED, SMUGGLED.slice(0, 10), SMUGGLED.slice(10)]] as const;
const byteByByte = [`first\r\n\r\n${SMUGGLED}`, [...SMUGGLED]] as const;

test.serial(neverRuns, '/exit', CHUNKED, ...inChunks, 'none');
test.serial(neverRuns, '/throw', CHUNKED, ...inChunks, 'answer');
test.serial(neverRuns, '/throw', LONG, ...inLength, 'none');
test.serial(neverRuns, '/exit', LONG, ...inLength, 'turn');
test.serial(neverRuns, '/exit', LONG, ...byteByByte, 'answer');
test.serial(neverRuns, '/throw', LONG, ...byteByByte, 'turn');
