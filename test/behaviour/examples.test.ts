/** Each folder of examples/ is started as its reader would start it, asked, and stopped. */
import test from 'ava';
import { existsSync, readdirSync } from 'node:fs';
import { projectFolder, startHyperion } from '../helpers/hyperion-process.ts';

interface Exchange {
  readonly path: string;
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly json?: unknown;
  readonly status?: number;
  /** What the body must contain. */
  readonly body: string | RegExp;
  readonly contentType?: RegExp;
}

const examples: Record<string, readonly Exchange[]> = {
  hello: [{ path: '/', body: 'hello\n', contentType: /^text\/plain/ }],
  node: [
    { path: '/', body: 'hello from node:http\n' },
    { path: '/elsewhere', status: 404, body: '' },
  ],
  express: [
    { path: '/', body: 'hello from Express\n', contentType: /^text\/html/ },
    { path: '/echo', json: { a: 1 }, body: '{"received":{"a":1}}' },
    { path: '/elsewhere', status: 404, body: 'Cannot GET /elsewhere' },
  ],
  fastify: [
    { path: '/', body: '{"hello":"from Fastify"}' },
    { path: '/echo', json: { a: 1 }, body: '{"received":{"a":1}}' },
  ],
  koa: [{ path: '/', body: 'hello from Koa\n' }],
  hono: [
    { path: '/', body: 'hello from Hono\n' },
    { path: '/echo', json: { a: 1 }, body: '{"received":{"a":1}}' },
  ],
  markdown: [
    { path: '/', body: '<a href="/docs/README">README</a>' },
    { path: '/docs/README', body: /<h1>Hyperion for Node<\/h1>/, contentType: /^text\/html/ },
    { path: '/docs/getting-started', body: '<span class="hljs-keyword">' },
    { path: '/docs/none', status: 404, body: 'Cannot GET /docs/none' },
    { path: '/any', body: '<!doctype html>' },
    { path: '/long', body: /^.{400000}/s },
    { path: '/health', body: 'ok\n', contentType: /^text\/plain/ },
    { path: '/pages.json', body: '{"name":"README","url":"/docs/README"}', contentType: /^application\/json/ },
  ],
};

const runExample = test.macro({
  async exec(t, name: string) {
    const config = `examples/${name}/hyperion.config.js`;
    const what = existsSync(projectFolder + config) ? ['--config', config] : [`examples/${name}/app.js`];
    const hyperion = await startHyperion(['--threads', '1', ...what]);
    try {
      for (const exchange of examples[name] ?? []) {
        const response = await fetch(hyperion.origin + exchange.path, requestOf(exchange));
        const body = await response.text();
        t.is(response.status, exchange.status ?? 200, exchange.path);
        if (typeof exchange.body === 'string')
          t.true(body.includes(exchange.body), `${exchange.path}: ${body.slice(0, 200)}`);
        else t.regex(body, exchange.body, exchange.path);
        if (exchange.contentType)
          t.regex(response.headers.get('content-type') ?? '', exchange.contentType, exchange.path);
      }
    } finally {
      t.is(await hyperion.stop(), 0, hyperion.output());
    }
  },
  title: (_, name) => `examples/${name} is served and stops`,
});

for (const name of Object.keys(examples)) test.serial(runExample, name);

test('every example is in this list', (t) => {
  t.deepEqual(readdirSync(`${projectFolder}examples`).sort(), Object.keys(examples).sort());
});

function requestOf({ json }: Exchange): RequestInit {
  if (json === undefined) return {};
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
}
