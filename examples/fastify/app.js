// A Fastify instance as the default export: Hyperion waits for its plugins, and closes it at stop.
import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => ({ hello: 'from Fastify' }));

app.post('/echo', async (request) => ({ received: request.body }));

export default app;
