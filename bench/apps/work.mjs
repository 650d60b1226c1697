/**
 * Requests that keep their thread: `/` is light, `/block?ms=50` waits without using a core (so that
 * any number of threads can be busy on a small machine, and the generator keeps its own),
 * `/await-block?ms=50` does so only after an `await`, when its thread may have taken other requests,
 * and `/burn?ms=5` computes. The header `x-heavy: 50` makes any request block: no router can foresee it.
 */
const { loopsPerMs } = JSON.parse(process.env.BENCH_SETUP);
const cell = new Int32Array(new SharedArrayBuffer(4));

/** So long that calls cost nothing, so short that V8 soon has it compiled: a long loop begins each call in slow code. */
const BLOCK_TURNS = 1_000;

const churn = (start) => {
  let value = start;
  for (let turn = 0; turn < BLOCK_TURNS; turn += 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
};

const burn = (turns) => {
  let value = 1;
  for (let left = turns; left > 0; left -= BLOCK_TURNS) value = churn(value);
  return value;
};

/** What a request asks for, as something that can be sent to another thread; undefined: nothing. */
export const jobOf = (target, heavyHeader) => {
  if (heavyHeader) return { kind: 'block', ms: Number(heavyHeader) };
  const [, kind, ms] = /^\/(block|await-block|burn)\?ms=(\d+)$/.exec(target) ?? [];
  return kind === undefined ? undefined : { kind, ms: Number(ms) };
};

const block = (ms) => Atomics.wait(cell, 0, 0, ms);

const blockAfterAwait = async (ms) => {
  await new Promise(setImmediate);
  block(ms);
};

/** A promise only where the job awaits: the others must not pay for one. */
export const runJob = (job) => {
  if (job?.kind === 'await-block') return blockAfterAwait(job.ms);
  if (job?.kind === 'block') block(job.ms);
  // The sum goes back so that no compiler leaves the loop out.
  return job?.kind === 'burn' ? burn(job.ms * loopsPerMs) : 0;
};

const answer = (res) => {
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', '5');
  res.end('done\n');
};

export default (req, res) => {
  const running = runJob(jobOf(req.url, req.headers['x-heavy']));
  if (running instanceof Promise) void running.then(() => answer(res));
  else answer(res);
};

const respond = () => new Response('done\n', { headers: { 'content-type': 'text/plain' } });

export const fetch = (request) => {
  const { pathname, search } = new URL(request.url);
  const running = runJob(jobOf(pathname + search, request.headers.get('x-heavy')));
  return running instanceof Promise ? running.then(respond) : respond();
};
