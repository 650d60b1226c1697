export default {
  files: ['build/test/**/*.test.js'],
  // The tests start worker threads and servers of their own: each file gets a process.
  workerThreads: false,
  // Most of the time goes to threads of the servers under test, and figures of time are asserted:
  // more files at once on a small machine only disturb each other.
  concurrency: 2,
  // Without a result for this long a run has hung. Generous: the machine may be busy with other work.
  timeout: process.env.HYPERION_LONG === '1' ? '60m' : '3m',
  environmentVariables: {
    // The server's own log lines are looked at by the tests that want them.
    NO_COLOR: '1',
  },
};
