// Hono: an object with fetch(request), as every web-standard framework has one.
import { Hono } from 'hono';

const app = new Hono();

app.get('/', (context) => context.text('hello from Hono\n'));

app.post('/echo', async (context) => context.json({ received: await context.req.json() }));

export default app;
