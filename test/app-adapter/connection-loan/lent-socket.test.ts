import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { descriptorOf } from '../../../src/acceptor/node-internals.ts';
import { isInformationalReply, isShared, LentSocket } from '../../../src/app-adapter/connection-loan/lent-socket.ts';

const libc = loadLibc();

const ADDRESSES = {
  remoteAddress: '192.0.2.7',
  remotePort: 1,
  remoteFamily: 'IPv4',
  localAddress: undefined,
  localPort: undefined,
  localFamily: undefined,
  encrypted: true,
} as const;

const lend = async (): Promise<{ lent: LentSocket; peer: net.Socket; stop: () => void }> => {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  const lent = new LentSocket(libc.duplicate(descriptorOf(accepted)), ADDRESSES);
  const stop = (): void => {
    for (const socket of [lent, peer, accepted]) socket.destroy();
    server.close();
  };
  return { lent, peer, stop };
};

test('a hold outlasts every resume, and ends with its release', async (t) => {
  const { lent, peer, stop } = await lend();
  t.teardown(stop);
  lent.on('data', () => {});
  lent.hold();
  lent.resume();
  t.true(lent.isPaused());
  lent.release();
  t.false(lent.isPaused());
  peer.write('hello');
  const [bytes] = (await once(lent, 'data')) as [Buffer];
  t.is(bytes.toString(), 'hello');
});

test("what node's server has paused is left for it to resume", async (t) => {
  const { lent, stop } = await lend();
  t.teardown(stop);
  lent.hold();
  Object.assign(lent, { _paused: true });
  lent.release();
  t.true(lent.isPaused());
  lent.resume();
  t.false(lent.isPaused());
});

test('bytes that may not be written go nowhere, and nobody hears of it', async (t) => {
  const { lent, peer, stop } = await lend();
  t.teardown(stop);
  const allowed = [false, true, false];
  let written = 0;
  lent.owner = {
    mayWrite: () => allowed.shift() ?? false,
    onWritten: () => void (written += 1),
    onBlocked: () => t.fail(),
    mayDestroy: () => true,
    onReadingAgain: () => {},
  };
  const received: Buffer[] = [];
  peer.on('data', (bytes) => received.push(bytes));
  for (const text of ['no', 'yes', 'never']) await new Promise((resolve) => lent.write(text, resolve));
  t.is(written, 1);
  lent.destroySoon();
  await once(peer, 'end');
  t.is(Buffer.concat(received).toString(), 'yes');
});

test('says the addresses of the loan', async (t) => {
  const { lent, stop } = await lend();
  t.teardown(stop);
  t.is(lent.remoteAddress, '192.0.2.7');
  t.is(lent.localPort, undefined);
  t.is(Reflect.get(lent, 'encrypted'), true);
  t.deepEqual(lent.address(), {});
  // As apps behind a proxy do.
  Object.defineProperty(lent, 'remoteAddress', { value: '198.51.100.1' });
  t.is(lent.remoteAddress, '198.51.100.1');
});

for (const [text, isInformational] of [
  ['HTTP/1.1 100 Continue\r\n\r\n', true],
  ['HTTP/1.1 103 Early Hints\r\n', true],
  ['HTTP/1.1 101 Switching Protocols\r\n', false],
  ['HTTP/1.1 200 OK\r\n', false],
  ['HTTP/1.0 100 Continue\r\n', false],
  ['', false],
] as const) {
  test(`${JSON.stringify(text)} is a 1xx: ${isInformational}`, (t) => {
    t.is(isInformationalReply(text), isInformational);
    t.is(isInformationalReply(Buffer.from(text)), isInformational);
  });
}

/** What the peer writes, one piece after the other, as the lent socket gives it. */
const giveEach = async (lent: LentSocket, peer: net.Socket, pieces: readonly string[]): Promise<Buffer[]> => {
  const given: Buffer[] = [];
  for (const piece of pieces) {
    const data = once(lent, 'data') as Promise<[Buffer]>;
    peer.write(piece);
    given.push((await data)[0]);
  }
  return given;
};

test('who keeps nothing gets the same memory with each read, until that is over', async (t) => {
  const { lent, peer, stop } = await lend();
  t.teardown(stop);
  const seen: string[] = [];
  const shared: boolean[] = [];
  lent.on('data', (bytes: Buffer) => {
    seen.push(bytes.toString());
    shared.push(isShared(bytes));
  });
  lent.shareReads();
  for (const piece of ['one', 'two', 'three']) {
    if (piece === 'three') lent.stopSharing();
    peer.write(piece);
    while (seen.at(-1) !== piece) await new Promise((resolve) => setImmediate(resolve));
  }
  t.deepEqual(seen, ['one', 'two', 'three']);
  t.deepEqual(shared, [true, true, false]);
});

test('one more listener, and all get copies of their own', async (t) => {
  const { lent, peer, stop } = await lend();
  t.teardown(stop);
  let shared = 0;
  lent.on('data', (bytes: Buffer) => (shared += isShared(bytes) ? 1 : 0));
  lent.shareReads();
  const kept = await giveEach(lent, peer, ['one', 'two', 'three']);
  t.deepEqual(kept.map(String), ['one', 'two', 'three']);
  t.is(shared, 0);
  peer.write('four');
  while (shared === 0) await new Promise((resolve) => setImmediate(resolve));
  t.is(shared, 1, 'only its own listener is left');
});

test('what comes while it is paused, or behind that, is kept in order', async (t) => {
  const { lent, peer, stop } = await lend();
  t.teardown(stop);
  const kept: Buffer[] = [];
  lent.on('data', (bytes: Buffer) => {
    kept.push(Buffer.from(bytes));
  });
  lent.shareReads();
  lent.pause();
  lent.unshift(Buffer.from('first '));
  peer.write('second ');
  while (!libc.hasUnread(descriptorOf(lent))) await new Promise((resolve) => setImmediate(resolve));
  lent.resume();
  while (kept.length < 2) await new Promise((resolve) => setImmediate(resolve));
  t.is(Buffer.concat(kept).toString(), 'first second ');
});
