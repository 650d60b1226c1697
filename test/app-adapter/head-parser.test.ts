import test from 'ava';
import { METHODS } from 'node:http';
import { parseHead, type RequestHead } from '../../src/app-adapter/head-parser.ts';
import { DOUBTFUL_HEADS, SIMPLE_HEADS, get, head } from '../helpers/heads.ts';

const parse = (text: string): RequestHead | undefined => parseHead(Buffer.from(text, 'latin1'), 0, text.length);

for (const [what, text] of Object.entries(SIMPLE_HEADS)) {
  const method = text.slice(0, text.indexOf(' '));
  if (!METHODS.includes(method)) continue;
  test(`parsed: ${what}`, (t) => t.is(parse(text)?.method, method));
}

for (const [what, text] of Object.entries(DOUBTFUL_HEADS)) {
  test(`not parsed: ${what}`, (t) => t.is(parse(text), undefined));
}

test('everything that a request needs, as sent', (t) => {
  t.deepEqual(
    parse(
      head(
        'POST /a/b?c=d&e HTTP/1.1',
        'hOsT: a:80',
        'Content-Length:  12 ',
        'X-One:\t caf\xe9\ta \t',
        'x-one: 2',
        'E:',
      ),
    ),
    {
      method: 'POST',
      target: '/a/b?c=d&e',
      isHttp10: false,
      rawHeaders: ['hOsT', 'a:80', 'Content-Length', '12', 'X-One', 'caf\xe9\ta', 'x-one', '2', 'E', ''],
      contentLength: 12,
      keepAlive: true,
    },
  );
});

test('keep-alive is what the request asks for', (t) => {
  const asks = (version: string, ...lines: string[]): boolean | undefined =>
    parse(head(`GET / ${version}`, 'Host: a', ...lines))?.keepAlive;
  t.is(asks('HTTP/1.1'), true);
  t.is(asks('HTTP/1.1', 'Connection: keep-alive'), true);
  t.is(asks('HTTP/1.1', 'Connection: CLOSE'), false);
  t.is(asks('HTTP/1.0'), false);
  t.is(asks('HTTP/1.0', 'Connection: Keep-Alive'), true);
  t.is(asks('HTTP/1.0', 'Connection: close'), false);
});

test('every method of http.METHODS but CONNECT is taken, no other', (t) => {
  for (const method of METHODS) {
    t.is(parse(head(`${method} / HTTP/1.1`, 'Host: a'))?.method, method === 'CONNECT' ? undefined : method);
  }
  for (const method of ['BREW', 'GETS', 'GE', 'PRI', 'Get', '---']) {
    t.is(parse(head(`${method} / HTTP/1.1`, 'Host: a')), undefined);
  }
});

test('the head must be exactly the range: no empty line before it, no byte more, none less', (t) => {
  const text = get('X: y');
  t.not(parse(text), undefined);
  t.is(parse(`\r\n${text}`), undefined);
  t.is(parse(`${text}\r\n`), undefined);
  t.is(parse(`${text}${text}`), undefined);
  t.is(parse(`${text}x: y\r\n\r\n`), undefined);
  for (let length = 0; length < text.length; length++) t.is(parse(text.slice(0, length)), undefined);
});

test('nothing outside the range is read', (t) => {
  const text = get('X: y');
  const bytes = Buffer.from(`GET${text}\r\n\r\n`, 'latin1');
  t.deepEqual(parseHead(bytes, 3, 3 + text.length), parse(text));
  // Every cut of a head whose rest is there, behind the end.
  for (let end = 3; end < 3 + text.length; end++) t.is(parseHead(bytes, 3, end), undefined);
});

test('strings out of shared memory stay when the memory changes', (t) => {
  const text = head('GET /a-rather-long-target HTTP/1.1', 'Host: a', 'X-Long: a value that is longer than a few bytes');
  const bytes = Buffer.from(new SharedArrayBuffer(text.length));
  bytes.write(text, 'latin1');
  const parsed = parseHead(bytes, 0, text.length);
  bytes.fill('?');
  t.deepEqual(parsed, parse(text));
  t.is(parsed?.target, '/a-rather-long-target');
  t.is(parsed?.rawHeaders[3], 'a value that is longer than a few bytes');
});
