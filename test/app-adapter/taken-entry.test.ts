/** What a thread makes of a ring entry that the acceptor's writer has written. */
import test from 'ava';
import { TakenEntry } from '../../src/app-adapter/taken-entry.ts';
import { RingWriter, type WireConnection } from '../../src/shared/memory/ring-bytes.ts';
import { createShared } from '../helpers/shared-memory.ts';

const HEAD = 'POST /path HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n';

const connection = (serial: number, remote = '10.0.0.1', local = '127.0.0.1'): WireConnection => ({
  serial,
  texts: Buffer.from(remote + local),
  remoteLength: remote.length,
  remotePort: 4000 + serial,
  localPort: 80,
});

const createEntry = (): { entry: TakenEntry; put: (index: number, text: string, from?: WireConnection) => void } => {
  const { memory, layout, buffer } = createShared();
  const writer = new RingWriter(memory, layout, buffer);
  const entry = new TakenEntry(layout, buffer);
  return {
    entry,
    put(index, text, from = connection(1)) {
      const headLength = text.indexOf('\r\n\r\n') + 4;
      writer.write(index, 77, from, Buffer.from(text), 0, text.length, headLength);
      entry.read(index);
    },
  };
};

test('head, body and descriptor; the copies outlive the entry', (t) => {
  const { entry, put } = createEntry();
  put(3, `${HEAD}body`);
  const head = entry.parseHead();
  const body = entry.copyBody();
  const all = entry.copyAll();
  t.is(entry.descriptor, 77);
  put(3, HEAD.replace('path', 'htap') + 'ydob');
  t.like(head, { method: 'POST', target: '/path', contentLength: 4 });
  t.is(body?.toString(), 'body');
  t.is(all.toString(), `${HEAD}body`);
});

test('a request without a body has none', (t) => {
  const { entry, put } = createEntry();
  put(0, 'GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  t.is(entry.parseHead()?.method, 'GET');
  t.is(entry.copyBody(), undefined);
});

test('no head where its length and the frame differ', (t) => {
  const { entry, put } = createEntry();
  put(0, `${HEAD}bod`);
  t.is(entry.parseHead(), undefined);
});

test('the addresses of a connection are made once', (t) => {
  const { entry, put } = createEntry();
  put(0, HEAD, connection(1));
  const first = entry.connectionIn(5);
  t.like(first.addresses, { remoteAddress: '10.0.0.1', remotePort: 4001, remoteFamily: 'IPv4', localPort: 80 });
  put(1, HEAD, connection(1));
  t.is(entry.connectionIn(5), first);
  put(2, HEAD, connection(2, '::1', '::1'));
  t.like(entry.connectionIn(5).addresses, { remoteAddress: '::1', remotePort: 4002, remoteFamily: 'IPv6' });
});

test('a Unix socket has no addresses', (t) => {
  const { entry, put } = createEntry();
  put(0, HEAD, connection(1, '', ''));
  t.is(entry.connectionIn(0).addresses.remoteAddress, undefined);
  t.is(entry.connectionIn(0).addresses.remotePort, undefined);
});
