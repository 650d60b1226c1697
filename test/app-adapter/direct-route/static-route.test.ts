import test from 'ava';
import { StaticRoute } from '../../../src/app-adapter/direct-route/static-route.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** The reply with its date replaced: the only bytes that may differ between two calls. */
const text = (reply: Buffer): string =>
  reply.toString('latin1').replace(/Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/, `Date: ${DATE}\r\n`);

const HEAD =
  'HTTP/1.1 200 OK\r\nServer: Hyperion\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n' +
  `Connection: keep-alive\r\nDate: ${DATE}\r\n\r\n`;

test('gives the prebuilt bytes: names, order and the date at byte 110', (t) => {
  const route = new StaticRoute('GET', '/', 'hello', 'text/plain');
  const reply = route.reply(false, true);
  t.is(text(reply), `${HEAD}hello`);
  t.regex(reply.toString('latin1', 110, 139), /^\w{3}, .* GMT$/);
});

test('HEAD has the head of GET and no body', (t) => {
  t.is(text(new StaticRoute('GET', '/', 'hello', 'text/plain').reply(true, true)), HEAD);
});

test('the close variant says so', (t) => {
  const route = new StaticRoute('GET', '/', 'hello', 'text/plain');
  t.is(text(route.reply(false, false)), `${HEAD.replace('keep-alive', 'close')}hello`);
  t.is(text(route.reply(true, false)), HEAD.replace('keep-alive', 'close'));
});

test('counts bytes, not characters, and keeps bytes as they are', (t) => {
  const euro = new StaticRoute('GET', '/', '€', 'text/html; charset=utf-8').reply(false, true);
  t.true(euro.includes('Content-Length: 3\r\n'));
  t.deepEqual(euro.subarray(-3), Buffer.from('€'));
  const binary = Buffer.from([0, 255, 13, 10]);
  t.deepEqual(new StaticRoute('GET', '/', binary, 'application/octet-stream').reply(false, true).subarray(-4), binary);
});

test('copies the body: later changes of the app change no reply', (t) => {
  const body = Buffer.from('hello');
  const route = new StaticRoute('GET', '/', body, 'text/plain');
  body.fill('x');
  t.is(text(route.reply(false, true)), `${HEAD}hello`);
});

test.serial('the date is of the second of the call', (t) => {
  const realNow = Date.now;
  t.teardown(() => (Date.now = realNow));
  const route = new StaticRoute('GET', '/', 'hello', 'text/plain');
  const at = (ms: number, isHead: boolean): string => {
    Date.now = () => ms;
    return /Date: (.*)\r\n/.exec(route.reply(isHead, true).toString('latin1'))?.[1] ?? '';
  };
  t.is(at(784_111_777_000, false), DATE);
  t.is(at(784_111_777_999, true), DATE);
  t.is(at(784_111_778_000, true), 'Sun, 06 Nov 1994 08:49:38 GMT');
  t.is(at(784_111_778_001, false), 'Sun, 06 Nov 1994 08:49:38 GMT');
  t.is(route.reply(false, true).subarray(-5).toString(), 'hello');
});
