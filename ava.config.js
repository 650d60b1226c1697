export default {
  files: ['build/test/**/*.test.js'],
  // The tests start worker threads and servers of their own: each file gets a process.
  workerThreads: false,
  // The servers under test have threads of their own, and their clients processes: more files at
  // once only disturb each other. (scripts/test.mjs runs some alone.)
  concurrency: 2,
  // Without a result for this long a run has hung. Generous: the machine may be busy with other work.
  timeout: process.env.HYPERION_LONG === '1' ? '60m' : '3m',
  environmentVariables: {
    // The server's own log lines are looked at by the tests that want them.
    NO_COLOR: '1',
  },
};
