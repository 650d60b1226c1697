/** Direct routes on request loans: real loans of a real acceptor, real clients, fast and slow. */
import test from 'ava';
import type { RouteHandler } from '../../../src/app-adapter/load/define-app.ts';
import { sendWhole, serveDirectRoute } from '../../../src/app-adapter/direct-route/direct-loan.ts';
import type { HeldRequest } from '../../../src/app-adapter/held-loan.ts';
import { parseHead } from '../../../src/app-adapter/head-parser.ts';
import { type Route, RouteTable } from '../../../src/app-adapter/direct-route/route-table.ts';
import { CLOSING, IDLE, RUNNING, stageOf } from '../../../src/shared/memory/words.ts';
import { AcceptorByHand, get, type HandThread, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

const SETTINGS = { writeTimeoutMs: 0, log: () => {} };
/** More than any kernel keeps for a client that reads nothing. */
const BIG = Buffer.alloc(14_000_000, 'big reply|');

interface Rig {
  readonly byHand: AcceptorByHand;
  readonly thread: HandThread;
  readonly client: RawConnection;
  readonly loan: HeldRequest;
  stage(): number;
  serve(route: Route, settings?: typeof SETTINGS): void;
}

const lend = async (t: Parameters<typeof AcceptorByHand.start>[0], request = get()): Promise<Rig> => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  t.teardown(() => client.socket.destroy());
  client.request(request, request.slice(0, request.indexOf(' ')));
  const { loan, text } = await thread.nextRequest();
  // As the server and the thread pass messages on.
  thread.send = (message) => {
    if (message.type === 'need-duplicate') {
      byHand.acceptor.loanEnds.duplicateFor(thread.line, message.slot, message.generation);
      void byHand.toldOf('duplicate').then(({ descriptor }) => loan.giveDuplicate(descriptor));
    }
  };
  const head = parseHead(Buffer.from(text, 'latin1'), 0, text.length);
  if (head === undefined) throw new Error('not parsed');
  const { connection } = byHand;
  return {
    byHand,
    thread,
    client,
    loan,
    stage: () => stageOf(byHand.word(connection)),
    serve: (route, settings = SETTINGS) => serveDirectRoute(loan, route, head, undefined, settings),
  };
};

const dynamic = (handler: RouteHandler): Route => {
  const table = new RouteTable();
  table.handle('GET', '/', handler);
  return table.match('GET', '/') as Route;
};

const statically = (): Route => {
  const table = new RouteTable();
  table.handleStatic('GET', '/', 'static\n');
  return table.match('GET', '/') as Route;
};

test('a static reply ends the loan in the same step', async (t) => {
  const { serve, stage, client, loan } = await lend(t);
  serve(statically());
  t.true(loan.isOver);
  t.is(stage(), IDLE);
  const response = await client.response();
  t.is(response.body.toString(), 'static\n');
});

test('a client that asked for the close gets it, also with a static reply', async (t) => {
  const { serve, client } = await lend(t, get('/', 'Connection: close\r\n'));
  serve(statically());
  t.is((await client.response()).headers.get('connection'), 'close');
  await client.closed();
});

test('a synchronous handler ends the loan in the same step, an asynchronous one later', async (t) => {
  const sync = await lend(t);
  sync.serve(dynamic(() => ({ status: 200, body: 'sync' })));
  t.true(sync.loan.isOver);
  t.is((await sync.client.response()).body.toString(), 'sync');

  const late = await lend(t);
  late.serve(dynamic(async () => ({ status: 200, body: 'late' })));
  t.false(late.loan.isOver);
  t.is(late.stage(), RUNNING);
  t.is((await late.client.response()).body.toString(), 'late');
  await untilSo(() => late.stage() === IDLE);
});

test('a streaming reply is written as it comes', async (t) => {
  const { serve, client, stage } = await lend(t);
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first ');
    await gate;
    yield Buffer.from('second');
  }
  serve(dynamic(() => new Response(ReadableStream.from(pieces()))));
  await client.received(50);
  release();
  t.is((await client.response()).body.toString(), 'first second');
  await untilSo(() => stage() === IDLE);
});

test('a stream that fails is cut', async (t) => {
  const { serve, client, stage } = await lend(t);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first ');
    await Promise.resolve();
    throw new Error('as it was told');
  }
  serve(dynamic(() => new Response(ReadableStream.from(pieces()))));
  await client.closed();
  t.is(client.responses.length, 0);
  t.not(stage(), IDLE);
});

test('a reply larger than the kernel takes goes on through a duplicate, whole, and the loan ends then', async (t) => {
  const { serve, client, stage, loan, byHand } = await lend(t);
  client.socket.pause();
  const reply = Buffer.from(BIG);
  serve(dynamic(() => ({ status: 200, body: reply })));
  t.false(loan.isOver);
  await byHand.toldOf('duplicate');
  client.socket.resume();
  t.true((await client.response()).body.equals(BIG));
  await untilSo(() => stage() === IDLE);
  client.request(get('/next'));
  t.is((await (byHand.threads[0] as HandThread).nextRequest()).text, get('/next'));
});

test('the bytes of a whole reply may be used again after the call, also when it is blocked', async (t) => {
  const { client, loan } = await lend(t);
  client.socket.pause();
  const head = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${BIG.length}\r\n\r\n`);
  const bytes = Buffer.concat([head, BIG]);
  sendWhole(loan, bytes, true, SETTINGS);
  bytes.fill('x');
  client.socket.resume();
  t.true((await client.response()).body.equals(BIG));
});

test('a blocked reply whose client resets ends with a close', async (t) => {
  const { serve, client, stage, loan, byHand } = await lend(t);
  client.socket.pause();
  serve(dynamic(() => ({ status: 200, body: BIG })));
  await byHand.toldOf('duplicate');
  await client.leave('reset');
  // By its own failed write, or by the acceptor's word: whichever comes first.
  void byHand.toldOf('client-gone').then(({ how }) => loan.borrower?.clientGone(how));
  await untilSo(() => loan.isOver);
  t.is(stage(), CLOSING);
  await byHand.open(0);
});

test('a client that takes nothing for writeTimeoutMs is cut', async (t) => {
  const { serve, client, loan, byHand } = await lend(t);
  client.socket.pause();
  const begin = performance.now();
  serve(
    dynamic(() => ({ status: 200, body: BIG })),
    { ...SETTINGS, writeTimeoutMs: 150 },
  );
  await untilSo(() => loan.isOver);
  t.true(performance.now() - begin >= 149);
  client.socket.resume();
  await client.closed();
  t.is(client.responses.length, 0);
  await byHand.open(0);
});

test('a loan that is taken back while its reply is blocked writes no more', async (t) => {
  const { serve, client, loan, byHand } = await lend(t);
  client.socket.pause();
  serve(dynamic(() => ({ status: 200, body: BIG })));
  await byHand.toldOf('duplicate');
  loan.lose();
  t.true(loan.isOver);
  byHand.acceptor.settle(1);
  client.socket.resume();
  await client.closed();
  t.is(client.responses.length, 0);
});

test('the reason of a signal says whether the client has left or the request was taken back', async (t) => {
  for (const [leave, message] of [
    [(loan: HeldRequest) => loan.borrower?.clientGone('reset'), 'The client has left'],
    [(loan: HeldRequest) => loan.borrower?.revoked(), 'The request has had its time'],
  ] as const) {
    const { serve, loan } = await lend(t);
    let signal: AbortSignal | undefined;
    serve(
      dynamic((request) => {
        ({ signal } = request);
        return new Promise(() => {});
      }),
    );
    leave(loan);
    t.like(signal?.reason, { name: 'AbortError', message });
  }
});

test('a handler whose client has left is told by its signal; its loan ends at once, its reply goes nowhere', async (t) => {
  const { serve, loan, stage, byHand } = await lend(t);
  let signal: AbortSignal | undefined;
  let answerNow = (_: { status: number; body: string }): void => {};
  serve(
    dynamic((request) => {
      ({ signal } = request);
      return new Promise((resolve) => (answerNow = resolve));
    }),
  );
  t.false(signal?.aborted);
  loan.borrower?.clientGone('end');
  t.true(signal?.aborted);
  t.is(stage(), CLOSING);
  answerNow({ status: 200, body: 'too late' });
  await byHand.open(0);
  t.true(loan.isOver);
});

test('a loan that is lost before the reply begins gets none', async (t) => {
  const { client, loan, byHand } = await lend(t);
  byHand.acceptor.settle(1);
  sendWhole(loan, Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), true, SETTINGS);
  t.true(loan.isOver);
  t.is((await client.response()).status, 503);
  t.is(client.responses.length, 1);
});
