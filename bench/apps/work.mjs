/**
 * Requests that keep their thread: `/` is light, `/block?ms=50` waits without using a core (so that
 * any number of threads can be busy on a small machine, and the generator keeps its own), and
 * `/burn?ms=5` computes. The header `x-heavy: 50` makes any request block: no router can foresee it.
 */
const { loopsPerMs } = JSON.parse(process.env.BENCH_SETUP);
const cell = new Int32Array(new SharedArrayBuffer(4));

const burn = (turns) => {
  let value = 1;
  for (let turn = 0; turn < turns; turn += 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
};

/** What a request asks for, as something that can be sent to another thread; undefined: nothing. */
export const jobOf = (target, heavyHeader) => {
  if (heavyHeader) return { kind: 'block', ms: Number(heavyHeader) };
  const [, kind, ms] = /^\/(block|burn)\?ms=(\d+)$/.exec(target) ?? [];
  return kind === undefined ? undefined : { kind, ms: Number(ms) };
};

export const runJob = (job) => {
  if (job?.kind === 'block') Atomics.wait(cell, 0, 0, job.ms);
  // The sum goes back so that no compiler leaves the loop out.
  return job?.kind === 'burn' ? burn(job.ms * loopsPerMs) : 0;
};

export default (req, res) => {
  runJob(jobOf(req.url, req.headers['x-heavy']));
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', '5');
  res.end('done\n');
};

export const fetch = (request) => {
  const { pathname, search } = new URL(request.url);
  runJob(jobOf(pathname + search, request.headers.get('x-heavy')));
  return new Response('done\n', { headers: { 'content-type': 'text/plain' } });
};
