import net from 'node:net';
import anyTest, { type ExecutionContext } from 'ava';
import { type AppThread, failToStart, fixturePath, SERVER_ADDRESS, startApp } from '../../helpers/app-thread.ts';

/** One at a time: dozens of threads that load frameworks at once only slow each other. */
const test = anyTest.serial;

const getJson = async (url: string, init?: RequestInit): Promise<Record<string, unknown>> => {
  const response = await fetch(url, init);
  return (await response.json()) as Record<string, unknown>;
};

/** What several tests only ask, each in its turn: loaded by the first of them. They end with the file. */
const shared = new Map<string, Promise<AppThread>>();
const ends: (() => unknown)[] = [];
test.after.always(() => Promise.all(ends.map((end) => end())));

const sharedApp = (name: string): Promise<AppThread> => {
  const app = shared.get(name) ?? startApp({ teardown: (end) => void ends.push(end) }, name);
  shared.set(name, app);
  return app;
};

const ADDRESS = { address: SERVER_ADDRESS.host, family: 'IPv4', port: SERVER_ADDRESS.port };

/** What is served, by fixture. All answer GET / with their framework. */
const loads = anyTest.macro<[name: string, framework: string]>({
  title: (_, name) => `loads ${name}`,
  async exec(t, name, framework) {
    const { origin, address } = await sharedApp(name);
    t.is((await getJson(`${origin}/`))['framework'], framework);
    t.deepEqual(address, ADDRESS);
  },
});

test(loads, 'express-export.cjs', 'express');
test(loads, 'express-listen.mjs', 'express');
test(loads, 'express-both.mjs', 'express');
test(loads, 'express-late-listen.mjs', 'express');
test(loads, 'koa-export.mjs', 'koa');
test(loads, 'koa-app.mjs', 'koa');
test(loads, 'koa-listen.cjs', 'koa');
test(loads, 'fastify-export.mjs', 'fastify');
test(loads, 'fastify-listen.mjs', 'fastify');
test(loads, 'fastify-localhost.mjs', 'fastify');
test(loads, 'hono-export.mjs', 'hono');
test(loads, 'h3-export.mjs', 'h3');
test(loads, 'listener-default-interop.cjs', 'none');
test(loads, 'server-export.mjs', 'none');
test(loads, 'promise-export.mjs', 'none');
test(loads, 'top-level-await.mjs', 'none');
test(loads, 'listens-and-stays.mjs', 'none');
test(loads, 'probe-first.mjs', 'none');
test(loads, 'define-express.mjs', 'express');

for (const name of ['express-export.cjs', 'fastify-export.mjs', 'hono-export.mjs', 'h3-export.mjs']) {
  test(`${name} reads a body`, async (t) => {
    const { origin } = await sharedApp(name);
    const headers = { 'content-type': 'application/json' };
    const sent = { text: 'ä'.repeat(50_000) };
    t.deepEqual(await getJson(`${origin}/echo`, { method: 'POST', headers, body: JSON.stringify(sent) }), sent);
  });
}

test('an app that listens is told that it does, at the address of the server', async (t) => {
  const { origin, notices } = await sharedApp('express-listen.mjs');
  t.deepEqual(await getJson(`${origin}/seen`), { listening: true, address: ADDRESS });
  const path = fixturePath('express-listen.mjs');
  t.deepEqual(notices, [
    `the app's listen(3000) at ${path}:4:20 opens no port: the app is served on http://127.0.0.1:9292`,
  ]);
});

test('one thread gives the notice for all', async (t) => {
  t.deepEqual((await startApp(t, 'express-listen.mjs', { threadNumber: 1 })).notices, []);
});

test('on a Unix socket address() is its path', async (t) => {
  const { address, notices } = await startApp(t, 'koa-listen.cjs', { path: '/run/hyperion.sock' });
  t.is(address, '/run/hyperion.sock');
  t.regex(notices[0] ?? '', /listen\(3000, '::'\) at .*koa-listen\.cjs:6:5 .* served on \/run\/hyperion\.sock$/);
});

const fastifyListensTwice = async (t: ExecutionContext, appPort: string): Promise<void> => {
  const { origin } = await startApp(t, 'fastify-localhost.mjs', {}, { APP_PORT: appPort });
  const { calls, address } = await getJson(`${origin}/`);
  t.is(calls, 2, 'it listened on ::1 too');
  t.is(address, 'http://127.0.0.1:9292');
};

test('Fastify listens on each address of localhost', (t) => fastifyListensTwice(t, '3000'));
test('Fastify listens on each address of localhost, any port', (t) => fastifyListensTwice(t, '0'));

test('an exported Fastify instance is ready before its first request', async (t) => {
  const { origin } = await startApp(t, 'fastify-export.mjs');
  t.true((await getJson(`${origin}/`))['ready']);
});

test('the server that an exported listener listens with keeps its upgrade listeners', async (t) => {
  const { origin } = await sharedApp('express-both.mjs');
  const socket = net.connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  let received = '';
  for await (const chunk of socket.setEncoding('latin1')) received += String(chunk);
  t.regex(received, /^HTTP\/1\.1 101 .*\r\n\r\nhi$/s);
});

test('close() of the app calls back and harms nothing', async (t) => {
  const { origin } = await startApp(t, 'closes-later.mjs');
  t.true((await getJson(`${origin}/`))['listening']);
  t.deepEqual(await getJson(`${origin}/close`), { first: null, second: 'ERR_SERVER_NOT_RUNNING' });
  t.false((await getJson(`${origin}/`))['listening'], 'still served');
});

test('listen() and close() follow each other as under node', async (t) => {
  const { origin } = await startApp(t, 'listens-again.mjs');
  t.like(await getJson(`${origin}/`), { code: 'ERR_SERVER_ALREADY_LISTEN', closed: true });
});

test('a streamed reply of Hono arrives whole', async (t) => {
  const { origin } = await sharedApp('hono-export.mjs');
  const response = await fetch(`${origin}/stream`);
  t.is(await response.text(), 'one two three');
});

test('defineApp() with routes alone: what has no route is not found', async (t) => {
  const { origin, logs } = await startApp(t, 'define-routes.mjs', { threadNumber: 1 });
  const dynamic = await fetch(`${origin}/dynamic?a=b`);
  t.is(await dynamic.text(), 'dynamic');
  t.is(dynamic.headers.get('x-query'), 'a=b');
  t.is(await (await fetch(`${origin}/static`)).text(), 'static');
  const missing = await fetch(`${origin}/other`);
  t.is(missing.status, 404);
  t.is(await missing.text(), 'Not Found');
  t.like(logs[0], { level: 'info', fields: { threadNumber: 1 }, message: 'set up' });
  t.like(logs[1], { level: 'warn', message: '2 threads' });
});

test('stop hooks run from the last to the first, and one that fails is logged', async (t) => {
  const app = await startApp(t, 'define-routes.mjs');
  await app.close();
  const [failed, stopped] = app.logs.slice(2);
  t.like(failed, { level: 'error', message: 'the app failed while it stopped' });
  t.is(String(failed?.fields['err']), 'Error: stop failed');
  t.like(stopped, { level: 'info', message: 'stopped first' });
});

test('an exported Fastify instance is closed at stop', async (t) => {
  const app = await startApp(t, 'fastify-export.mjs');
  await app.close();
  t.deepEqual(app.logs, []);
  const response = await fetch(`${app.origin}/`);
  t.is(response.status, 503, 'Fastify answers so once it has closed');
});

test('defineApp() with routes and an app: the routes come first', async (t) => {
  const { origin } = await sharedApp('define-express.mjs');
  t.is(await (await fetch(`${origin}/static`)).text(), 'static');
  t.is((await fetch(`${origin}/missing`)).status, 404);
});

test('a listen() after an app of routes alone has loaded is refused', async (t) => {
  const { origin, logs } = await startApp(t, 'define-late-listen.mjs');
  t.is((await fetch(`${origin}/listen`)).status, 500);
  t.regex(String(logs[0]?.fields['err']), /listen\(3000\) at .* loaded already: return it from the defineApp/);
});

/** What cannot be served, by fixture, with what is said about it. */
const fails = anyTest.macro<[name: string, message: RegExp, code: string | undefined]>({
  title: (_, name) => `refuses ${name}`,
  async exec(t, name, message, code) {
    const error = await failToStart(name);
    t.regex(error.message, message);
    t.is(error.code, code);
  },
});

const NO_EXPORT = 'ERR_HYPERION_APP_NO_EXPORT';
test(
  fails,
  'nothing.mjs',
  /nothing\.mjs has no usable export and never calls listen\(\).*got nothing.*`answer`/,
  NO_EXPORT,
);
test(fails, 'empty.cjs', /has no usable export and never calls listen\(\): expected .* got \{\} \(object\)/, NO_EXPORT);
test(fails, 'work-then-nothing.mjs', /has no usable export and never calls listen\(\)/, NO_EXPORT);
test(fails, 'class-export.mjs', /`App`\. It is a class: export an instance/, NO_EXPORT);
test(fails, 'factory-export.mjs', /A listener has the parameters \(req, res\).* defineApp\(\)/, NO_EXPORT);
test(fails, 'exports-https.mjs', /no plain http\.Server/, NO_EXPORT);
test(fails, 'throws.mjs', /^no database$/, 'E_DATABASE');
test(
  fails,
  'stuck.mjs',
  /stuck\.mjs never finishes loading: a top-level await is still awaited/,
  'ERR_HYPERION_APP_STUCK',
);
test(fails, 'missing.mjs', /There is no app at .*missing\.mjs/, 'ERR_HYPERION_APP_NOT_FOUND');
test(fails, '', /is a directory/, 'ERR_HYPERION_APP_IS_DIRECTORY');
test(
  fails,
  'two-ports.mjs',
  /first listen\(3000\) at .*two-ports\.mjs:2:\d+, then listen\(3001, '127\.0\.0\.1'\) at .*two-ports\.mjs:3:\d+/,
  'ERR_HYPERION_APP_SECOND_LISTEN',
);
test(
  fails,
  'port-and-path.cjs',
  /first listen\(3000\) at .*:2:\d+, then listen\('\/run\/app\.sock'\) at .*:3:\d+/,
  'ERR_HYPERION_APP_SECOND_LISTEN',
);
test(
  fails,
  'listens-https.mjs',
  /listen\(8443\) at .*:2:\d+ cannot be served: it is an https server/,
  'ERR_HYPERION_APP_BAD_LISTEN',
);
test(fails, 'listens-http2.mjs', /listen\(8080\) at .* it is an HTTP\/2 server/, 'ERR_HYPERION_APP_BAD_LISTEN');
test(fails, 'bad-port.mjs', /options\.port should be >= 0 and < 65536/, 'ERR_SOCKET_BAD_PORT');
test(
  fails,
  'define-bad.mjs',
  /Expected the function .*define-bad\.mjs gave to defineApp\(\) .* got 5 \(number\)/,
  'ERR_HYPERION_APP_BAD_RESULT',
);
test(fails, 'define-duplicate.mjs', /already a route for GET \/a/, 'ERR_HYPERION_ROUTE_DUPLICATE');

test('an app that neither exports nor ends is given up after appLoadTimeoutMs', async (t) => {
  const { message, code } = await failToStart('hangs.mjs', { appLoadTimeoutMs: 100 });
  t.is(code, 'ERR_HYPERION_APP_LOAD_TIMEOUT');
  t.regex(message, /hangs\.mjs did not load within 100 ms/);
});

const stripsTypes = 'typescript' in process.features && process.features['typescript'] !== false;

test(`a TypeScript app ${stripsTypes ? 'loads' : 'says what it needs'} on this Node`, async (t) => {
  if (stripsTypes) {
    const { origin } = await startApp(t, 'typescript.ts');
    t.is((await getJson(`${origin}/`))['framework'], 'none');
  } else {
    const { message, code } = await failToStart('typescript.ts');
    t.is(code, 'ERR_HYPERION_APP_NEEDS_TYPE_STRIPPING');
    t.regex(message, /Node v20\.\S+ cannot load .*typescript\.ts/);
  }
});
