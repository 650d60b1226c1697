/** The entry that Watt runs in each of its workers: `create` gives it a server that it makes listen. */
import { createServer } from 'node:http';

const { appUrl, keepAliveMs } = JSON.parse(process.env.BENCH_SETUP);

export const create = async () => {
  const { default: app } = await import(appUrl);
  const server = createServer(app);
  server.keepAliveTimeout = keepAliveMs;
  return server;
};
