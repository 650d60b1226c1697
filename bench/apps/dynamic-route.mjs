/** One path whose reply depends on the query: what a small handler of a route costs. */
const parse = (query) => new URLSearchParams(query).get('name');

export default (req, res) => {
  const [path, query] = req.url.split('?');
  if (path === '/dynamic') {
    res.writeHead(200, { 'content-type': 'text/plain' });
    res.end(`hello ${parse(query)}\n`);
  } else {
    res.statusCode = 404;
    res.end();
  }
};

export const fetch = (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== '/dynamic') return new Response(null, { status: 404 });
  return new Response(`hello ${searchParams.get('name')}\n`, { headers: { 'content-type': 'text/plain' } });
};
