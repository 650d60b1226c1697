/**
 * The file that piscina loads in each thread. piscina tries `require()` first, and a thread that is
 * ended while `require()` links an ES module takes the whole process down with a fatal error of V8's.
 * So this is CommonJS, and gets what really runs by `import()`.
 */
import type runThread from './thread.ts';

module.exports = async (start: Parameters<typeof runThread>[0]): Promise<void> => {
  try {
    const { default: run } = await import('./thread.ts');
    await run(start);
  } finally {
    // The main thread sees this behind all that was sent; piscina's word, on a port of its own, may come earlier.
    start.messages.close();
  }
};
