/** The frameworks' own ways to be an app, through the whole server: exported, or as they listen. */
import { once } from 'node:events';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import test from 'ava';
import { startServer } from '../helpers/server-under-test.ts';

const ask = async (options: http.RequestOptions, ...body: string[]): Promise<unknown> => {
  const request = http.request({ agent: false, ...options });
  // Without a length node sends chunks, which makes it a connection loan.
  for (const chunk of body) request.write(chunk);
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return json(response);
};

for (const [fixture, framework, hasEcho] of [
  ['express-export.cjs', 'express', true],
  ['express-listen.mjs', 'express', false],
  ['express-late-listen.mjs', 'express', false],
  ['koa-app.mjs', 'koa', false],
  ['koa-listen.cjs', 'koa', false],
  ['fastify-export.mjs', 'fastify', true],
  ['fastify-listen.mjs', 'fastify', false],
  ['fastify-localhost.mjs', 'fastify', false],
  ['hono-export.mjs', 'hono', true],
  ['h3-export.mjs', 'h3', true],
  ['server-export.mjs', 'none', false],
  ['define-express.mjs', 'express', false],
] as const) {
  test.serial(`${fixture} serves on both kinds of loan, and stops`, async (t) => {
    const { server, port } = await startServer(`load/${fixture}`, { threadCount: 1 });
    t.like(await ask({ port, path: '/' }), { framework });
    t.like(await ask({ port, path: '/', headers: { te: 'trailers' } }), { framework });
    if (hasEcho) {
      const sent = { text: 'ä'.repeat(1000) };
      const body = JSON.stringify(sent);
      const post = { port, path: '/echo', method: 'POST' };
      const headers = { 'content-type': 'application/json' };
      t.deepEqual(
        await ask({ ...post, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }, body),
        sent,
      );
      t.deepEqual(await ask({ ...post, headers }, body.slice(0, 99), body.slice(99)), sent);
    }
    const before = performance.now();
    await server.stop();
    t.true(performance.now() - before < 5_000, 'nothing of the framework holds the thread');
  });
}
