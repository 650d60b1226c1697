// An ordinary Express app with its usual last line: `node app.js` serves it on port 3000, and
// `hyperion app.js` on Hyperion's port, from all threads.
import express from 'express';

const app = express();
app.use(express.json());

app.get('/', (req, res) => {
  res.send('hello from Express\n');
});

app.post('/echo', (req, res) => {
  res.json({ received: req.body });
});

app.listen(3000);
