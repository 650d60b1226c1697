/**
 * Light requests, and heavy ones that block their thread for 50 ms. They block by waiting, not by
 * computing: so any number of threads can be busy at once on a small machine, and the generator
 * keeps its core. `/heavy` is heavy by its path; any request is by the header `x-heavy`.
 */
const HEAVY_MS = 50;
const cell = new Int32Array(new SharedArrayBuffer(4));

export default (req, res) => {
  if (req.url === '/heavy' || req.headers['x-heavy'] !== undefined) Atomics.wait(cell, 0, 0, HEAVY_MS);
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', '5');
  res.end('done\n');
};
