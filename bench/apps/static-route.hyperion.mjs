/** `static-route.mjs` as a direct route. */
const { defineApp } = await import(JSON.parse(process.env.BENCH_SETUP).hyperionUrl);

export default defineApp(({ routes }) => {
  routes.handleStatic('GET', '/static', 'hello\n');
});
