import { closeSync, fstatSync, writeSync } from 'node:fs';
import test from 'ava';
import { MAILBOX_SIZE } from '../../../src/shared/memory/layout.ts';
import { CLOSING, hasMore, IDLE, RUNNING, stageOf } from '../../../src/shared/memory/words.ts';
import { AcceptorByHand, ANSWER, answer, get, giveNumberAway, untilSo } from '../../helpers/acceptor-by-hand.ts';
import { RawConnection } from '../../helpers/raw-connection.ts';

test('a loan that ends with nothing behind it ends without a ring', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  answer(await thread.nextRequest());
  await client.response();
  t.is(byHand.connection.phase, 'lent', 'the acceptor has not heard of it');
  t.is(stageOf(byHand.word(byHand.connection)), IDLE);
  client.request(get('/2'));
  t.is((await thread.nextRequest()).text, get('/2'));
});

test('bytes that come during a loan are told of at its end, whenever they come', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const first = await thread.nextRequest();
  client.request(get('/2'));
  await untilSo(() => hasMore(byHand.word(byHand.connection)));
  first.loan.beginReply();
  t.true(hasMore(byHand.word(byHand.connection)));
  first.loan.write(Buffer.from(ANSWER));
  first.loan.end(true);
  t.is(byHand.connection.phase, 'lent', 'the letter is on its way');
  t.is((await thread.nextRequest()).text, get('/2'));
});

test('more loans end than the mailbox holds letters, while the acceptor hears nothing: none is forgotten', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const count = MAILBOX_SIZE + 44;
  const clients = Array.from({ length: count }, () => new RawConnection(byHand.port));
  for (const client of clients) {
    client.request(get('/1'));
    client.request(get('/2'));
  }
  // What was read in one piece is told of from the start; so are bytes that came later.
  await untilSo(() => byHand.pending === count);
  const taken = Array.from({ length: count }, () => thread.take());
  t.is(thread.take(), undefined);
  // In one turn: no letter is read in between.
  for (const request of taken) answer(request as Parameters<typeof answer>[0]);
  for (let nth = 0; nth < count; nth += 1) answer(await thread.nextRequest());
  for (const client of clients) t.is((await client.response(2)).status, 200);
});

test('a letter too many, or one about nobody, does no harm', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const taken = await thread.nextRequest();
  for (const slot of [taken.loan.slot, taken.loan.slot, 77, 1_000_000]) byHand.acceptor.loanEnds.look(slot);
  t.is(stageOf(byHand.word(byHand.connection)), RUNNING);
  t.is(byHand.connection.phase, 'lent');
  answer(taken);
  t.is((await client.response()).status, 200);
  byHand.acceptor.loanEnds.look(taken.loan.slot);
  byHand.acceptor.loanEnds.look(taken.loan.slot);
  client.request(get('/2'));
  answer(await thread.nextRequest());
  t.is((await client.response(2)).status, 200);
});

test('a loan that closes: the answer arrives, then the close, though unread bytes are there', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const taken = await thread.nextRequest();
  for (let sent = 0; sent < 40; sent += 1) client.send(Buffer.alloc(100_000, 'x'));
  await untilSo(() => (byHand.connection.buffer?.length ?? 0) >= 64 * 1024);
  answer(taken, false, 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok');
  t.is((await client.response()).body.toString(), 'ok');
  await client.closed();
  t.is(client.error, undefined);
  await byHand.open(0);
});

test('a client that asked for the close is closed at once: its server waits for nothing', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1', 'Connection: close\r\n'));
  const taken = await thread.nextRequest();
  const begin = performance.now();
  answer(taken, false, 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok');
  await byHand.open(0);
  t.true(performance.now() - begin < 1000);
  t.is((await client.response()).status, 200);
  await client.closed();
  t.is(client.error, undefined);
});

test('a connection comes back from a connection loan, or is closed by it', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  const odd = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  for (const nth of [1, 2]) {
    client.request(odd, 'POST');
    const { loan, text } = await thread.nextConnection();
    t.is(text, odd);
    loan.beginReply();
    writeSync(loan.fd, ANSWER);
    loan.endReply();
    thread.closeAdopted(loan.fd);
    if (nth === 1) loan.giveBack();
    else loan.close();
    await client.response(nth);
  }
  await client.closed();
  t.is(client.responses.length, 2);
  await byHand.open(0);
});

test('closeIfIdle closes a connection on which nothing has happened since, and no other', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const first = await thread.nextRequest();
  answer(first);
  await client.response();
  client.request(get('/2'));
  const second = await thread.nextRequest();
  const { loanEnds } = byHand.acceptor;
  loanEnds.closeIfIdle(first.loan.slot, first.loan.generation);
  loanEnds.closeIfIdle(second.loan.slot, second.loan.generation);
  answer(second);
  t.is((await client.response(2)).status, 200, 'an older loan, or one that runs, closes nothing');
  loanEnds.closeIfIdle(first.loan.slot, first.loan.generation);
  t.is(byHand.connection.phase, 'lent');
  loanEnds.closeIfIdle(77, 0);
  // Bytes that are no request yet, and of which the acceptor was told: it is idle all the same.
  client.send('\r\n');
  await untilSo(() => byHand.connection.phase === 'idle');
  loanEnds.closeIfIdle(second.loan.slot, second.loan.generation);
  await client.closed();
  await byHand.open(0);
});

test('a blocked reply gets a duplicate of its own connection, remembered until the loan ends', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const { loan } = await thread.nextRequest();
  loan.beginReply();
  byHand.acceptor.loanEnds.duplicateFor(thread.line, loan.slot, loan.generation);
  const { descriptor, slot, generation } = await byHand.toldOf('duplicate');
  t.deepEqual([slot, generation], [loan.slot, loan.generation]);
  const { connection } = byHand;
  t.is(fstatSync(descriptor).ino, fstatSync(connection.descriptor).ino);
  t.deepEqual(connection.lentDescriptors, [{ descriptor, inode: fstatSync(descriptor).ino }]);
  writeSync(descriptor, ANSWER);
  closeSync(descriptor);
  loan.end(true);
  await client.response();
  client.request(get('/2'));
  await thread.nextRequest();
  t.is(connection.lentDescriptors, undefined);
});

test('nobody else gets one: an older loan, another thread, a loan that has not begun its reply or has ended', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const { loan } = await thread.nextRequest();
  const { loanEnds } = byHand.acceptor;
  loanEnds.duplicateFor(thread.line, loan.slot, loan.generation);
  loan.beginReply();
  loanEnds.duplicateFor(thread.line, loan.slot, loan.generation + 1);
  loanEnds.duplicateFor(2, loan.slot, loan.generation);
  loanEnds.duplicateFor(thread.line, 77, loan.generation);
  loan.write(Buffer.from(ANSWER));
  loan.end(true);
  loanEnds.duplicateFor(thread.line, loan.slot, loan.generation);
  t.deepEqual(
    byHand.told.map(({ message }) => message.type === 'duplicate' && message.descriptor),
    [-1, -1, -1, -1, -1],
  );
  await client.response();
});

test('no duplicate of a socket that a reset has closed: its number may be of another connection', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const { loan } = await thread.nextRequest();
  loan.beginReply();
  const { connection } = byHand;
  giveNumberAway(t, connection);
  byHand.acceptor.loanEnds.duplicateFor(thread.line, loan.slot, loan.generation);
  t.is((await byHand.toldOf('duplicate')).descriptor, -1);
  loan.end(false);
  t.is(stageOf(byHand.word(connection)), CLOSING);
  await byHand.open(0);
});

test('nothing of a pipeline is lent on a socket that a reset has closed', async (t) => {
  const byHand = await AcceptorByHand.start(t);
  const thread = byHand.addThread();
  const client = new RawConnection(byHand.port);
  client.request(get('/1'));
  const taken = await thread.nextRequest();
  client.request('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n', 'POST');
  const { connection } = byHand;
  await untilSo(() => connection.buffer !== undefined);
  answer(taken);
  giveNumberAway(t, connection);
  byHand.acceptor.loanEnds.readMail(thread.line);
  t.is(thread.take(), undefined);
  t.is(connection.lentDescriptors, undefined);
  await byHand.open(0);
});
