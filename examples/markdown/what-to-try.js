// Prints what to try on the example that `npm start` serves; with --load runs the autocannon line.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const origin = `http://127.0.0.1:${process.env.HYPERION_PORT ?? process.env.PORT ?? 9292}`;
const load = ['-c', '100', '-d', '10', `${origin}/any`];

if (process.argv.includes('--load')) {
  const autocannon = createRequire(import.meta.url).resolve('autocannon');
  spawn(process.execPath, [autocannon, ...load], { stdio: 'inherit' }).on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.log(`
Try, in another terminal, once it listens:

  curl -i ${origin}/docs/overload
  npx autocannon ${load.join(' ')}      (or: npm run load)

And, while that runs, the request that takes long:

  curl -s -o /dev/null -w '%{time_total} s\\n' ${origin}/long
`);
}
