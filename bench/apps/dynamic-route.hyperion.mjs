/** `dynamic-route.mjs` as a direct route. */
const { defineApp } = await import(JSON.parse(process.env.BENCH_SETUP).hyperionUrl);

export default defineApp(({ routes }) => {
  routes.handle('GET', '/dynamic', ({ query }) => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: `hello ${new URLSearchParams(query).get('name')}\n`,
  }));
});
