/** `GET /` sends 1 MiB; `POST /` takes a body and says how many bytes it had. */
const large = Buffer.alloc(2 ** 20, 'x');

export default (req, res) => {
  if (req.method !== 'POST') {
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': String(large.length) });
    res.end(large);
    return;
  }
  let size = 0;
  req.on('data', (piece) => (size += piece.length));
  req.on('end', () => {
    res.writeHead(200, { 'content-type': 'text/plain' });
    res.end(`${size}\n`);
  });
};

export const fetch = async (request) => {
  if (request.method !== 'POST') return new Response(large);
  let size = 0;
  for await (const piece of request.body) size += piece.length;
  return new Response(`${size}\n`, { headers: { 'content-type': 'text/plain' } });
};
