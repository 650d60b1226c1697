/**
 * What all contenders of the fault bench serve.
 *
 *   /light          at once; /await after 100 ms, so that now and then one runs in a thread that dies
 *   /large          4 MiB, for slow readers
 *   /fault/NAME     throw (in a timer), exit, oom, hang (2 s)
 *   anything else   what /light gives, once the body has been read
 */
const LIGHT = 'light\n';
const LARGE = Buffer.alloc(4 * 2 ** 20, 'large ');
const AWAIT_MS = 100;
const HANG_MS = 2_000;

const cell = new Int32Array(new SharedArrayBuffer(4));
const hoard = [];

const answer = (res) => {
  res.setHeader('content-length', LIGHT.length);
  res.end(LIGHT);
};

const routes = {
  '/light': answer,
  '/await': (res) => setTimeout(answer, AWAIT_MS, res),
  '/large': (res) => res.end(LARGE),
  '/fault/throw': () => {
    setTimeout(() => {
      throw new Error('A timer throws, as asked');
    }, 1);
  },
  '/fault/exit': () => process.exit(1),
  // Large arrays, which V8 neither moves nor looks through: small objects would keep its collector busy
  // for seconds before it gives up, and the next thread would fail meanwhile.
  '/fault/oom': () => {
    for (;;) hoard.push(Array(250_000).fill(0));
  },
  // Stands still without using a core: what is measured is the standstill, not the lack of a core.
  '/fault/hang': (res) => {
    Atomics.wait(cell, 0, 0, HANG_MS);
    answer(res);
  },
};

export default (req, res) => {
  const route = routes[req.url];
  if (route !== undefined && req.method === 'GET') route(res);
  else req.resume().on('end', () => answer(res));
};
