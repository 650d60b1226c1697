// Plain node:http, as it runs by itself with `node app.js`. Under Hyperion `listen` opens no port:
// the server that it was called on becomes the app.
import http from 'node:http';

const server = http.createServer((req, res) => {
  if (req.url !== '/') {
    res.writeHead(404).end();
    return;
  }
  res.setHeader('content-type', 'text/plain');
  res.end('hello from node:http\n');
});

server.listen(3000, () => {
  console.log('listening on', server.address());
});
