import test from 'ava';
import { RequestLine, type Route, routeOf } from '../../../src/acceptor/framing/request-line.ts';

const ROUTES: readonly (readonly [text: string, route: Route])[] = [
  ['GET /a/b HTTP/1.1\r\nHost: a\r\n\r\n', { method: 'GET', path: '/a/b' }],
  ['POST /a?b=c HTTP/1.1\r\n', { method: 'POST', path: '/a' }],
  ['\r\nM-SEARCH * HTTP/1.1\r\n', { method: 'M-SEARCH', path: '*' }],
  ['CONNECT example.org:443 HTTP/1.1\r\n', { method: 'CONNECT', path: 'example.org:443' }],
  ['GET http://a/b?c HTTP/1.1\r\n', { method: 'GET', path: 'http://a/b' }],
  ['GET /a\nHost: a\n\n', { method: 'GET', path: '/a' }],
  ['\x16\x03\x01', { method: undefined, path: undefined }],
  ['GET', { method: undefined, path: undefined }],
  ['', { method: undefined, path: undefined }],
];

test('method and path are read, and never the query', (t) => {
  for (const [text, route] of ROUTES) t.deepEqual(routeOf(text, false), route, JSON.stringify(text));
});

test('a path that goes on is marked', (t) => {
  t.deepEqual(routeOf('GET /abc', true), { method: 'GET', path: '/abc…' });
  t.deepEqual(routeOf('GET /abc?d', true), { method: 'GET', path: '/abc' });
  t.deepEqual(routeOf('GET /abc HTTP', true), { method: 'GET', path: '/abc' });
});

test('the first bytes are kept, of the newest request', (t) => {
  const line = new RequestLine();
  t.deepEqual(line.route, { method: undefined, path: undefined });
  const bytes = Buffer.from(`xxGET /${'a'.repeat(1000)} HTTP/1.1\r\n`);
  line.keep(bytes, 2, bytes.length);
  t.deepEqual(line.route, { method: 'GET', path: `/${'a'.repeat(251)}…` });
  bytes.fill(0);
  t.is(line.route.path?.length, 253, 'the bytes may be used again');
  const next = Buffer.from('xxPUT /b HTTP/1.1\r\nyy');
  line.keep(next, 2, next.length - 2);
  t.deepEqual(line.route, { method: 'PUT', path: '/b' });
});
