export default {
  files: [
    'build/test/**/*.test.js',
    // Written by scripts/test.mjs, which runs them in place of what they import.
    ...(process.env.HYPERION_TEST_RUN === '1' ? ['build/together/*.test.js'] : []),
  ],
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
