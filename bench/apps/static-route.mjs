/** One path with a reply that is always the same. Bun serves it from its static `routes`. */
export default (req, res) => {
  res.setHeader('content-type', 'text/plain');
  if (req.url === '/static') {
    res.setHeader('content-length', '6');
    res.end('hello\n');
  } else {
    res.statusCode = 404;
    res.end();
  }
};

export const routes = { '/static': new Response('hello\n', { headers: { 'content-type': 'text/plain' } }) };
export const fetch = () => new Response(null, { status: 404 });
