import test from 'ava';
import {
  HEAD_INCOMPLETE,
  HEAD_NOT_SIMPLE,
  HEAD_SIMPLE,
  HEAD_TOO_LARGE,
  HeadScan,
  type HeadVerdict,
} from '../../../src/acceptor/framing/framing.ts';
import { DOUBTFUL_HEADS, SIMPLE_HEADS, get, head } from '../../helpers/heads.ts';

const MAX_HEADER_BYTES = 16_384;

const scanText = (scan: HeadScan, text: string, maxHeaderBytes = MAX_HEADER_BYTES): HeadVerdict =>
  scan.scan(Buffer.from(text, 'latin1'), 0, text.length, maxHeaderBytes);

const scanned = (text: string): HeadScan => {
  const scan = new HeadScan();
  scanText(scan, text);
  return scan;
};

for (const [what, text] of Object.entries(SIMPLE_HEADS)) {
  test(`simple: ${what}`, (t) => {
    const scan = new HeadScan();
    // What follows is not looked at.
    t.is(scanText(scan, `${text}\n\0`), HEAD_SIMPLE);
    t.is(scan.headStart, 0);
    t.is(scan.headEnd, text.length);
  });
}

for (const [what, text] of Object.entries(DOUBTFUL_HEADS)) {
  test(`not simple: ${what}`, (t) => {
    const scan = new HeadScan();
    t.is(scanText(scan, text), HEAD_NOT_SIMPLE);
  });
}

test('every prefix of a simple head is incomplete, in one scan and in a new one', (t) => {
  for (const [what, text] of Object.entries(SIMPLE_HEADS)) {
    const bytes = Buffer.from(text, 'latin1');
    const resumed = new HeadScan();
    for (let cut = 0; cut < text.length; cut++) {
      if (resumed.scan(bytes, 0, cut, MAX_HEADER_BYTES) !== HEAD_INCOMPLETE) t.fail(`${what}, resumed at ${cut}`);
      if (scanText(new HeadScan(), text.slice(0, cut)) !== HEAD_INCOMPLETE) t.fail(`${what}, cut at ${cut}`);
    }
    t.is(resumed.scan(bytes, 0, text.length, MAX_HEADER_BYTES), HEAD_SIMPLE, what);
    t.is(resumed.headEnd, text.length);
  }
});

test('a doubtful head is refused at the same byte however it is cut', (t) => {
  for (const [what, text] of Object.entries(DOUBTFUL_HEADS)) {
    const bytes = Buffer.from(text, 'latin1');
    const resumed = new HeadScan();
    let end = 0;
    while (resumed.scan(bytes, 0, ++end, MAX_HEADER_BYTES) === HEAD_INCOMPLETE);
    t.is(scanText(new HeadScan(), text.slice(0, end - 1)), HEAD_INCOMPLETE, what);
    t.is(scanText(new HeadScan(), text.slice(0, end)), HEAD_NOT_SIMPLE, what);
  }
});

const refusedBehind = test.macro<[string, string, string]>({
  exec(t, _, before, doubt) {
    t.is(scanText(new HeadScan(), before), HEAD_INCOMPLETE);
    t.is(scanText(new HeadScan(), before + doubt), HEAD_NOT_SIMPLE);
  },
  title: (_, what) => `refused at once, without its end: ${what}`,
});

test(refusedBehind, 'a TLS hello', '', '\x16');
test(refusedBehind, 'an HTTP/2 preface', 'PRI ', '*');
test(refusedBehind, 'absolute-form', 'GET ', 'h');
test(refusedBehind, 'CONNECT', 'CONNECT', ' ');
test(refusedBehind, 'LF for CRLF', 'GET / HTTP/1.1', '\n');
test(refusedBehind, 'another version', 'GET / HTTP/', '2');
test(refusedBehind, 'Transfer-Encoding', 'GET / HTTP/1.1\r\nTransfer-Encoding', ':');
test(refusedBehind, 'a second Host', 'GET / HTTP/1.1\r\nHost: a\r\nHost', ':');
test(refusedBehind, 'no Host', 'GET / HTTP/1.1\r\n', '\r');

test('leading empty lines are skipped, and do not begin a request', (t) => {
  const text = `\r\n\r\n${get()}`;
  const bytes = Buffer.from(text);
  const scan = new HeadScan();
  for (let end = 0; end <= 4; end++) {
    t.is(scan.scan(bytes, 0, end, MAX_HEADER_BYTES), HEAD_INCOMPLETE);
    t.false(scan.hasBegun);
  }
  t.is(scan.scan(bytes, 0, 5, MAX_HEADER_BYTES), HEAD_INCOMPLETE);
  t.true(scan.hasBegun);
  t.is(scan.scan(bytes, 0, bytes.length, MAX_HEADER_BYTES), HEAD_SIMPLE);
  t.is(scan.headStart, 4);
  t.is(scan.headEnd, text.length);
});

test('the offsets are relative to the start, and the bytes may move between two reads', (t) => {
  const text = `\r\n${get('Content-Length: 5')}hello`;
  const scan = new HeadScan();
  t.is(scan.scan(Buffer.from(`${'\0'.repeat(9)}${text}`), 9, 9 + 30, MAX_HEADER_BYTES), HEAD_INCOMPLETE);
  t.is(scan.scan(Buffer.from(`\0\0${text}`), 2, 2 + text.length, MAX_HEADER_BYTES), HEAD_SIMPLE);
  t.is(scan.headStart, 2);
  t.is(scan.headEnd, text.length - 5);
  t.is(scan.contentLength, 5);
});

test('bytes outside the range do not count', (t) => {
  const bytes = Buffer.from(`\r\n${get()}`);
  t.is(new HeadScan().scan(bytes, 2, bytes.length - 1, MAX_HEADER_BYTES), HEAD_INCOMPLETE);
  t.is(new HeadScan().scan(bytes, 2, bytes.length, MAX_HEADER_BYTES), HEAD_SIMPLE);
});

test('the facts: length, HEAD, version', (t) => {
  const simple = scanned(get());
  t.deepEqual([simple.contentLength, simple.isHead, simple.isHttp10], [0, false, false]);
  t.is(scanned(get('Content-Length: 999999999999999')).contentLength, 999_999_999_999_999);
  t.true(scanned(head('HEAD / HTTP/1.1', 'Host: a')).isHead);
  t.false(scanned(head('HEADX / HTTP/1.1', 'Host: a')).isHead);
  t.true(scanned(head('GET / HTTP/1.0')).isHttp10);
});

const keepsAlive = test.macro<[string, string | undefined, boolean]>({
  exec: (t, version, connection, expected) =>
    t.is(
      scanned(head(`GET / ${version}`, 'Host: a', ...(connection === undefined ? [] : [`Connection: ${connection}`])))
        .keepAlive,
      expected,
    ),
  title: (_, version, connection, expected) =>
    `${version}, connection ${connection}: ${expected ? 'kept alive' : 'closed'}`,
});

test(keepsAlive, 'HTTP/1.1', undefined, true);
test(keepsAlive, 'HTTP/1.1', 'keep-alive', true);
test(keepsAlive, 'HTTP/1.1', 'Close', false);
test(keepsAlive, 'HTTP/1.0', undefined, false);
test(keepsAlive, 'HTTP/1.0', 'Keep-Alive', true);
test(keepsAlive, 'HTTP/1.0', 'close', false);

test('a head of exactly maxHeaderBytes is taken, a byte more is too large', (t) => {
  const text = get('X: y');
  t.is(scanText(new HeadScan(), text, text.length), HEAD_SIMPLE);
  t.is(scanText(new HeadScan(), `${text}body`, text.length), HEAD_SIMPLE);
  t.is(scanText(new HeadScan(), text, text.length - 1), HEAD_TOO_LARGE);
  t.is(scanText(new HeadScan(), text.slice(0, -1), text.length - 1), HEAD_INCOMPLETE);
  t.is(scanText(new HeadScan(), text.slice(0, -1), text.length - 2), HEAD_TOO_LARGE);
});

test('too large is the same verdict byte by byte', (t) => {
  const bytes = Buffer.from(get(`X: ${'y'.repeat(100)}`));
  const scan = new HeadScan();
  for (let end = 0; end <= 64; end++) t.is(scan.scan(bytes, 0, end, 64), HEAD_INCOMPLETE);
  t.is(scan.scan(bytes, 0, 65, 64), HEAD_TOO_LARGE);
});

test('endless empty lines become too large', (t) => {
  t.is(scanText(new HeadScan(), '\r\n'.repeat(32), 64), HEAD_INCOMPLETE);
  t.is(scanText(new HeadScan(), '\r\n'.repeat(33), 64), HEAD_TOO_LARGE);
});

test('a doubt inside the limit comes before the limit, one behind it does not', (t) => {
  t.is(scanText(new HeadScan(), `GET /\x01${'x'.repeat(100)}`, 64), HEAD_NOT_SIMPLE);
  t.is(scanText(new HeadScan(), `GET /${'x'.repeat(100)}\x01`, 64), HEAD_TOO_LARGE);
});

test('maxHeaderBytes 0 is no limit', (t) => {
  t.is(scanText(new HeadScan(), get(`X: ${'y'.repeat(100_000)}`), 0), HEAD_SIMPLE);
});

test('reset makes a used scan like a new one, after any verdict and at any cut', (t) => {
  const used = new HeadScan();
  const leftovers = [
    `\r\n${head('HEAD / HTTP/1.0', 'Host: a', 'Connection: keep-alive', 'Content-Length: 9', 'X: y')}`,
    ...Object.values(DOUBTFUL_HEADS),
    ...Array.from({ length: 70 }, (_, cut) => get('Connection: close', 'Content-Length: 12', 'X: y').slice(0, cut)),
  ];
  for (const leftover of leftovers) {
    scanText(used, leftover);
    used.reset();
    t.deepEqual(used, new HeadScan());
    t.is(scanText(used, get()), HEAD_SIMPLE, leftover);
    t.deepEqual(used, scanned(get()));
    used.reset();
  }
});
