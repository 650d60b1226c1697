import { fstatSync, writeSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import test from 'ava';
import { loadLibc } from '../../src/acceptor/libc.ts';
import { hear, ring } from '../../src/shared/bell.ts';

const libc = loadLibc();

test('a ring is heard; many rings before it is heard are one or more', async (t) => {
  const [readEnd, writeEnd] = libc.createPipe();
  t.teardown(() => libc.close(writeEnd));
  const bell = new EventEmitter();
  let heard = 0;
  const socket = hear(readEnd, () => {
    heard += 1;
    bell.emit('ring');
  });
  t.teardown(() => socket.destroy());
  for (let turn = 0; turn < 3; turn += 1) {
    const next = once(bell, 'ring');
    ring(writeEnd);
    await next;
  }
  t.is(heard, 3);
  const next = once(bell, 'ring');
  for (let turn = 0; turn < 10; turn += 1) ring(writeEnd);
  await next;
  t.true(heard >= 4 && heard <= 13);
});

test('a full pipe neither blocks nor throws, and is heard', async (t) => {
  const [readEnd, writeEnd] = libc.createPipe();
  t.teardown(() => libc.close(writeEnd));
  t.throws(
    () => {
      for (;;) writeSync(writeEnd, Buffer.alloc(4096));
    },
    { code: 'EAGAIN' },
  );
  t.notThrows(() => ring(writeEnd));
  await new Promise<void>((resolve) => {
    const socket = hear(readEnd, resolve);
    t.teardown(() => socket.destroy());
  });
});

test('ringing a thread that is gone does nothing', async (t) => {
  const [readEnd, writeEnd] = libc.createPipe();
  const socket = hear(readEnd, () => {});
  socket.destroy();
  await once(socket, 'close');
  t.notThrows(() => ring(writeEnd));
  libc.close(writeEnd);
});

test('who hears owns the read end', async (t) => {
  const [readEnd, writeEnd] = libc.createPipe();
  t.teardown(() => libc.close(writeEnd));
  const { ino } = fstatSync(readEnd);
  const socket = hear(readEnd, () => {});
  socket.destroy();
  await once(socket, 'close');
  let now;
  try {
    now = fstatSync(readEnd).ino;
  } catch {
    // Closed, as it should be.
  }
  t.not(now, ino);
});
