/**
 * fastify in front, the work in piscina's threads, @fastify/under-pressure on guard, each set up as
 * its README shows. A full queue (`maxQueue`) is an error of `run`, which becomes a 503 here.
 */
import underPressure from '@fastify/under-pressure';
import fastify from 'fastify';
import { Piscina } from 'piscina';

const { appUrl, threads, port, keepAliveMs, settings } = JSON.parse(process.env.BENCH_SETUP);
const { jobOf } = await import(appUrl);

const pool = new Piscina({
  filename: new URL('piscina-worker.mjs', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
  maxQueue: settings.maxQueue ?? Infinity,
});

const app = fastify({ keepAliveTimeout: keepAliveMs });
await app.register(underPressure, { maxEventLoopDelay: 1000, message: 'Under pressure!', retryAfter: 50 });

app.get('/*', async (request, reply) => {
  const job = jobOf(request.url, request.headers['x-heavy']);
  reply.type('text/plain');
  // Where heavy requests cannot be told from light ones by their route, all go to the pool.
  if (job === undefined && settings.offloadsAll !== true) return 'done\n';
  try {
    await pool.run(job);
    return 'done\n';
  } catch (error) {
    if (!/queue is at limit/i.test(String(error))) throw error;
    return reply.code(503).header('retry-after', '1').send('busy\n');
  }
});

await app.listen({ host: '127.0.0.1', port, backlog: 1024 });
process.once('SIGTERM', () => process.exit());
