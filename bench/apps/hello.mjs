/** The smallest handler. Default: for Node servers; `fetch`: for Bun. */
export default (req, res) => {
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', '6');
  res.end('hello\n');
};

export const fetch = () => new Response('hello\n', { headers: { 'content-type': 'text/plain' } });
