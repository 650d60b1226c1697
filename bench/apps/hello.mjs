/** The smallest handler, served alike by every rival that takes a Node listener. */
export default (req, res) => {
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', '6');
  res.end('hello\n');
};
