/** An ordinary app with a framework loaded: what memory is measured with. */
import express from 'express';

const app = express();
app.disable('x-powered-by');
app.use(express.json());
app.get('/', (_req, res) => {
  res.type('text/plain').send('hello\n');
});

export default app;
