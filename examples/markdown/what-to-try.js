// Prints what to try on the example that `npm start` serves; with --load runs the autocannon line,
// with what is given behind it instead of its own settings: npm run load -- -c 500 -d 10.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const origin = `http://127.0.0.1:${process.env.HYPERION_PORT ?? process.env.PORT ?? 9292}`;
const given = process.argv.slice(2).filter((argument) => argument !== '--load');
const load = [...(given.length === 0 ? ['-c', '100', '-d', '10'] : given), `${origin}/any`];

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

With 500 connections (npm run load -- -c 500 -d 10) most get a 503 at once: so many would wait too long.
Started with npm start -- --max-pending 1024 the server answers them all.

And, while that runs, the request that takes long:

  curl -s -o /dev/null -w '%{time_total} s\\n' ${origin}/long
`);
}
