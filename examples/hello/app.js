// The smallest app: a Node listener.
export default function hello(req, res) {
  res.setHeader('content-type', 'text/plain');
  res.end('hello\n');
}
