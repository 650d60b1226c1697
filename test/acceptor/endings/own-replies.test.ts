import test from 'ava';
import { bytesFor } from '../../../src/acceptor/endings/own-replies.ts';
import { SERVER_BUSY, THREAD_FAILED } from '../../../src/shared/replies.ts';

/** That each of them arrives is in acceptor.test.ts, departures.test.ts and dead-threads.test.ts. */
test('a reply that closes by itself has one form, with or without its body', (t) => {
  for (const keepsAlive of [true, false]) {
    t.is(bytesFor(SERVER_BUSY, false, keepsAlive).toString(), SERVER_BUSY.text);
    t.is(bytesFor(SERVER_BUSY, true, keepsAlive).toString(), SERVER_BUSY.text.slice(0, -48));
  }
});

test('a reply that lives on closes for who asked for it', (t) => {
  t.is(bytesFor(THREAD_FAILED, false, true).toString(), THREAD_FAILED.text);
  t.is(bytesFor(THREAD_FAILED, true, true).toString(), THREAD_FAILED.text.slice(0, -26));
  t.is(
    bytesFor(THREAD_FAILED, false, false).toString(),
    THREAD_FAILED.text.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'),
  );
  t.true(bytesFor(THREAD_FAILED, true, false).toString().endsWith('\r\nconnection: close\r\n\r\n'));
});
