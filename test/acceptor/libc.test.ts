import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { constants } from 'node:os';
import test from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { descriptorOf } from '../../src/acceptor/node-internals.ts';
import { untilSo } from '../helpers/acceptor-by-hand.ts';

const libc = loadLibc();

interface Pair {
  readonly client: net.Socket;
  readonly accepted: net.Socket;
  readonly descriptor: number;
}

const listen = async (t: { teardown(end: () => void): void }): Promise<net.Server> => {
  const server = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return server;
};

const connect = async (t: { teardown(end: () => void): void }): Promise<Pair> => {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  if (client.connecting) await once(client, 'connect');
  client.on('error', () => {});
  accepted.on('error', () => {});
  t.teardown(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { client, accepted, descriptor: descriptorOf(accepted) };
};

test('it is loaded once', (t) => {
  t.is(loadLibc(), libc);
});

test('a duplicate is another number of the same connection, and outlives the original', async (t) => {
  const { client, accepted, descriptor } = await connect(t);
  const duplicate = libc.duplicate(descriptor);
  t.not(duplicate, descriptor);
  t.is(fstatSync(duplicate).ino, fstatSync(descriptor).ino);
  accepted.destroy();
  await once(accepted, 'close');
  writeSync(duplicate, 'still there');
  const [bytes] = (await once(client, 'data')) as [Buffer];
  t.is(bytes.toString(), 'still there');
  libc.close(duplicate);
  await once(client, 'end');
});

test('a child process inherits neither a duplicate nor a pipe', async (t) => {
  const { descriptor } = await connect(t);
  const opened = [libc.duplicate(descriptor), ...libc.createPipe()];
  t.teardown(() => opened.forEach((number) => libc.close(number)));
  const inodes = opened.map((number) => fstatSync(number).ino);
  const list =
    'const fs=require("fs");console.log(fs.readdirSync("/proc/self/fd").map(n=>{try{return fs.fstatSync(+n).ino}catch{}}).join())';
  const { stdout } = spawnSync(process.execPath, ['-e', list], { encoding: 'utf8' });
  const theirs = stdout.trim().split(',').map(Number);
  t.true(theirs.length > 2);
  for (const inode of inodes) t.false(theirs.includes(inode));
});

test('what cannot be duplicated is an error with its code', (t) => {
  t.like(
    t.throws(() => libc.duplicate(1_000_000)),
    { code: 'EBADF', syscall: 'fcntl' },
  );
});

test('that nobody waits at a listener, or that it is none, is a negative errno', async (t) => {
  const { EAGAIN, EBADF } = constants.errno;
  const listening = libc.duplicate(descriptorOf(await listen(t)));
  t.teardown(() => libc.close(listening));
  t.is(libc.acceptNext(listening), -EAGAIN);
  t.is(libc.acceptNext(1_000_000), -EBADF);
});

test('a pipe carries bytes one way and never blocks', (t) => {
  const [readEnd, writeEnd] = libc.createPipe();
  t.throws(() => readSync(readEnd, Buffer.alloc(1)), { code: 'EAGAIN' });
  writeSync(writeEnd, 'x');
  t.is(readSync(readEnd, Buffer.alloc(10)), 1);
  t.throws(
    () => {
      for (;;) writeSync(writeEnd, Buffer.alloc(65_536));
    },
    { code: 'EAGAIN' },
  );
  closeSync(readEnd);
  closeSync(writeEnd);
});

test('a shutdown ends the connection for its client and closes no descriptor', async (t) => {
  const { client, descriptor } = await connect(t);
  const { ino } = fstatSync(descriptor);
  client.resume();
  libc.shutdown(descriptor);
  await once(client, 'end');
  t.is(fstatSync(descriptor).ino, ino);
});

test('a blocking descriptor is made non-blocking again, for all duplicates', async (t) => {
  const { descriptor } = await connect(t);
  // A child that is given a socket as its standard input makes it blocking, for all who have it.
  const blocking = 'const { openSync } = require("fs"); process.stdin._handle?.setBlocking?.(true);';
  spawnSync(process.execPath, ['-e', blocking], { stdio: [descriptor, 'ignore', 'ignore'] });
  t.notThrows(() => libc.setNonBlocking(descriptor));
  t.throws(() => readSync(descriptor, Buffer.alloc(1)), { code: 'EAGAIN' });
  t.notThrows(() => libc.setNonBlocking(1_000_000));
});

test('a reset is told from a FIN, and both from a connection that lives', async (t) => {
  const living = await connect(t);
  t.false(libc.isReset(living.descriptor));
  const half = await connect(t);
  half.client.write('last words');
  half.client.end();
  half.accepted.resume();
  await once(half.accepted, 'end');
  t.false(libc.isReset(half.descriptor));
  const reset = await connect(t);
  reset.client.write('data before it');
  reset.client.resetAndDestroy();
  await untilSo(() => libc.isReset(reset.descriptor));
  t.false(libc.isReset(living.descriptor));
});

test('it tells whether something waits to be read', async (t) => {
  const { client, descriptor } = await connect(t);
  t.false(libc.hasUnread(descriptor));
  client.write('a byte');
  await untilSo(() => libc.hasUnread(descriptor));
  const half = await connect(t);
  half.client.end();
  await untilSo(() => libc.hasUnread(half.descriptor));
  t.true(libc.hasUnread(descriptor), 'asking takes nothing');
});

test('it knows how many descriptors this process may have', (t) => {
  const shell = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' });
  const limit = shell.stdout.trim();
  t.is(libc.descriptorLimit(), limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit));
});

test('waiting for any of several ends with the first, and says which', async (t) => {
  const [one, other] = [await connect(t), await connect(t)];
  const request = Int32Array.from([one.descriptor, 1, other.descriptor, 1, -1, 1]);
  libc.waitForAny(request, 3, 0);
  t.deepEqual([...request], [one.descriptor, 1, other.descriptor, 1, -1, 1]);
  other.client.write('x');
  libc.waitForAny(request, 3, 10_000);
  t.is((request[1] as number) >> 16, 0);
  t.is((request[3] as number) >> 16, 1);
  t.is((request[5] as number) >> 16, 0);
});

test('the event loop has something to do when a socket that it watches has', async (t) => {
  const { client, accepted } = await connect(t);
  accepted.on('data', () => {});
  // The event loop hears of it on its next turn.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const request = Int32Array.from([libc.eventLoopDescriptor(), 1]);
  client.write('x');
  libc.waitForAny(request, 1, 10_000);
  t.is((request[1] as number) >> 16, 1);
});

test('a sleep blocks for as long as was said', (t) => {
  const start = performance.now();
  libc.sleep(2_000);
  t.true(performance.now() - start >= 2);
});
