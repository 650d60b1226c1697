/** What takes longest and mostly waits: begun first, so that nothing else has to wait for it at the end. */
const LONGEST = ['pool/thread-pool', 'cli/serve', 'cli', 'server'].map((name) => `/build/test/${name}.test.js`);

/** Their order; all others stay as they are found. */
const rank = (path) => {
  const index = LONGEST.findIndex((name) => path.endsWith(name));
  return index === -1 ? LONGEST.length : index;
};

export default {
  files: [
    'build/test/**/*.test.js',
    // Written by scripts/test.mjs, which runs them in place of what they import.
    ...(process.env.HYPERION_TEST_RUN === '1' ? ['build/together/*.test.js'] : []),
  ],
  sortTestFiles: (one, other) => rank(one) - rank(other),
  // The tests start worker threads and servers of their own: each file gets a process.
  workerThreads: false,
  // For two processors: most files wait half of their time, for time-outs and starting threads. More
  // of them at once only disturb each other. (scripts/test.mjs runs some alone.)
  concurrency: 3,
  // Without a result for this long a run has hung. Generous: the machine may be busy with other work.
  timeout: process.env.HYPERION_LONG === '1' ? '60m' : '3m',
  environmentVariables: {
    // The server's own log lines are looked at by the tests that want them.
    NO_COLOR: '1',
  },
};
