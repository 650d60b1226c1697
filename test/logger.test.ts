import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { chooseFormat } from '../src/logger.ts';

/** Runs `script`, which finds `createLogger`, in a process of its own and returns what it wrote. */
async function runLogger(script: string): Promise<{ stdout: string; stderr: string }> {
  const url = new URL('../src/logger.js', import.meta.url).href;
  const source = `import { createLogger } from '${url}'; import { pino } from '${import.meta.resolve('pino')}'; ${script}`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

test('json: one object a line, warnings and errors on stderr, nothing below the level', async (t) => {
  const { stdout, stderr } = await runLogger(`
    const log = createLogger({ logLevel: 'info', logFormat: 'auto' });
    log.debug({}, 'hidden');
    log.info({ url: 'http://127.0.0.1:9292' }, 'listening');
    log.error({ err: new Error('boom') }, 'failed');
  `);
  const info = JSON.parse(stdout) as Record<string, string>;
  t.regex(info['ts'] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.like(info, { level: 'info', source: 'hyperion', url: 'http://127.0.0.1:9292', message: 'listening' });
  t.is(Object.keys(info).length, 5);
  t.like(JSON.parse(stderr), { level: 'error', message: 'failed', err: { message: 'boom' } });
});

test('text', async (t) => {
  const { stdout, stderr } = await runLogger(`
    const log = createLogger({ logLevel: 'debug', logFormat: 'text' });
    log.debug({}, 'seen');
    log.warn({ threads: 2 }, 'slow');
  `);
  t.regex(stdout, /^\S+Z DEBUG \[hyperion\] message=seen\n$/);
  t.regex(stderr, /^\S+Z WARN {2}\[hyperion\] message=slow threads=2\n$/);
});

test('a logger of the user is used as it is, and its records say where they come from', async (t) => {
  const { stdout } = await runLogger(`
    const log = createLogger({ logger: pino({ base: { app: 'mine' } }), logLevel: 'error', logFormat: 'text' });
    log.info({}, 'hello');
  `);
  t.like(JSON.parse(stdout), { level: 30, app: 'mine', source: 'hyperion', msg: 'hello' });
});

test('options of a logger go to pino, logLevel is its level unless they name one', async (t) => {
  const { stdout } = await runLogger(`
    createLogger({ logger: { name: 'mine' }, logLevel: 'error', logFormat: 'text' }).info({}, 'hidden');
    createLogger({ logger: { name: 'mine', level: 'info' }, logLevel: 'error', logFormat: 'text' }).info({}, 'seen');
  `);
  t.like(JSON.parse(stdout), { name: 'mine', source: 'hyperion', msg: 'seen' });
});

test('a reader that has gone does no harm', async (t) => {
  const { stderr } = await runLogger(`
    import { spawn } from 'node:child_process';
    const script = ${JSON.stringify(`
      const log = createLogger({ logLevel: 'info', logFormat: 'json' });
      process.stdin.once('data', () => {
        for (let line = 0; line < 1000; line++) log.info({}, 'nobody reads this');
        process.exit(7);
      });
      process.stderr.write('ready');
    `)};
    const source = "import { createLogger } from '${new URL('../src/logger.js', import.meta.url).href}'; " + script;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source]);
    child.stderr.once('data', () => {
      child.stdout.destroy();
      child.stdout.once('close', () => child.stdin.write('go'));
    });
    child.once('exit', (code) => process.stderr.write('exit ' + code));
  `);
  t.is(stderr, 'exit 7');
});

const chooses = test.macro<[Parameters<typeof chooseFormat>, 'json' | 'text']>({
  exec: (t, input, format) => t.is(chooseFormat(...input), format),
  title: (_, input, format) => `format: ${JSON.stringify(input)} is ${format}`,
});
test(chooses, ['auto', true, { NODE_ENV: 'production' }], 'text');
test(chooses, ['auto', false, { NODE_ENV: 'production' }], 'json');
test(chooses, ['auto', false, { NODE_ENV: 'staging' }], 'json');
test(chooses, ['auto', false, { NODE_ENV: 'development' }], 'text');
test(chooses, ['auto', false, {}], 'text');
test(chooses, ['json', true, {}], 'json');
test(chooses, ['text', false, { NODE_ENV: 'production' }], 'text');
