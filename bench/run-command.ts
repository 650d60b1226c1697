/** How both commands of the bench end: at a signal, and where the command line is wrong. */
import { UsageError } from './options.ts';

export const runCommand = async (main: () => Promise<void>): Promise<void> => {
  // 'exit' is where servers are ended that still run.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
};
