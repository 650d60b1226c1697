// Koa: its callback() is a Node listener.
import Koa from 'koa';

const app = new Koa();

app.use((ctx) => {
  ctx.body = 'hello from Koa\n';
});

export default app.callback();
