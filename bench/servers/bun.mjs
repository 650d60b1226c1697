/**
 * Bun, started with Bun. With one process `Bun.serve`; with several this process starts that many
 * children, which share the port by `reusePort`, as Bun's guide on clusters shows.
 */
const { appUrl, threads, port, keepAliveMs } = JSON.parse(process.env.BENCH_SETUP);
/** The largest that Bun takes. */
const MAX_IDLE_SECONDS = 255;

const serve = async (reusePort) => {
  const { fetch, routes = {} } = await import(appUrl);
  const idleTimeout = Math.min(keepAliveMs / 1000, MAX_IDLE_SECONDS);
  Bun.serve({ hostname: '127.0.0.1', port, reusePort, idleTimeout, routes, fetch });
};

if (threads === 1) {
  await serve(false);
} else if (process.env.BENCH_CHILD === '1') {
  await serve(true);
} else {
  const children = Array.from({ length: threads }, () =>
    Bun.spawn([process.execPath, import.meta.path], {
      env: { ...process.env, BENCH_CHILD: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
  process.on('SIGTERM', () => process.exit());
  process.on('exit', () => {
    for (const child of children) child.kill();
  });
}
