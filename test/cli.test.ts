import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { helpText } from '../src/cli/help-text.ts';
import { runCommand, startCommand, type CommandSettings } from './helpers/command.ts';
import { folderWith } from './helpers/folder.ts';

const HELLO = "export default (req, res) => res.end('hello');";

/** Runs the command in a folder with this app, to its end. */
async function runApp(t: ExecutionContext, app: string, args: readonly string[] = [], settings: CommandSettings = {}) {
  const folder = await folderWith(t, { 'app.mjs': app });
  const result = await runCommand(t, ['--port', '0', '--threads', '1', ...args, 'app.mjs'], {
    cwd: folder,
    ...settings,
  });
  return { ...result, folder };
}

/** Starts it with this app, and gives the URL it listens on. */
async function serveApp(
  t: ExecutionContext,
  app: string,
  args: readonly string[] = [],
  settings: CommandSettings = {},
) {
  const folder = await folderWith(t, { 'app.mjs': app });
  const command = startCommand(t, ['--port', '0', '--threads', '1', ...args, 'app.mjs'], { cwd: folder, ...settings });
  return { command, url: await command.url(), folder };
}

async function getText(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  return response.text();
}

// What it prints and does not serve.

test.serial('--help and --version', async (t) => {
  const help = await runCommand(t, ['--help']);
  t.deepEqual(help, { code: 0, stdout: `${helpText()}\n`, stderr: '' });
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.deepEqual(await runCommand(t, ['-v']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test.serial('--check-config loads nothing of the app', async (t) => {
  const { code, stdout, stderr } = await runApp(t, "console.log('loaded'); process.exit(9);", ['--check-config']);
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'The options are valid\n', stderr: '' });
});

test.serial('--check-config with a wrong option', async (t) => {
  const { code, stdout, stderr } = await runApp(t, HELLO, ['--check-config', '--max-wait-ms', 'soon']);
  t.is(code, 2);
  t.is(stdout, '');
  t.is(
    stderr,
    'hyperion: Expected the `maxWaitMs` option to be an integer from 0 to 2147483647 (ms; 0 turns it off), ' +
      "got 'soon' (string) (from --max-wait-ms)\n",
  );
});

test.serial(
  '--print-config: flag before environment before file before default, and usable as a config file',
  async (t) => {
    const folder = await folderWith(t, {
      'app.mjs': HELLO,
      'hyperion.config.mjs':
        "export default { app: 'app.mjs', port: 1, host: 'file', maxPending: Infinity, backlog: 7 };",
    });
    const env = { HYPERION_PORT: '2', PORT: '3', HOST: 'environment', HYPERION_MAX_WAIT_MS: '4' };
    const { code, stdout } = await runCommand(t, ['--print-config', '-p', '5'], { cwd: folder, env });
    t.is(code, 0);
    t.like(JSON.parse(stdout), {
      app: new URL(`file://${folder}/app.mjs`).href,
      port: 5,
      host: 'environment',
      maxWaitMs: 4,
      maxPending: 'Infinity',
      backlog: 7,
      readTimeoutMs: 30_000,
    });
    const other = await folderWith(t, { 'hyperion.config.json': stdout });
    t.is((await runCommand(t, ['--print-config'], { cwd: other })).stdout, stdout);
  },
);

// The usual mistakes: one line, no stack.

const mistakes = test.macro<[string[], CommandSettings, number, RegExp]>({
  async exec(t, args, settings, code, line) {
    const folder = await folderWith(t, { 'app.mjs': HELLO, 'two.config.json': '{"prot":1}' });
    const result = await runCommand(t, args, { cwd: folder, ...settings });
    t.is(result.code, code);
    t.is(result.stdout, '');
    t.regex(result.stderr, line);
    t.is(result.stderr.trimEnd().split('\n').length, 1);
  },
  title: (title) => `mistake: ${title}`,
});
test.serial('no app', mistakes, [], {}, 2, /^hyperion: Expected the path of an app: hyperion \[options\] app\.js/);
test.serial('file missing', mistakes, ['nope.js'], {}, 1, /^hyperion: There is no app at \/.*\/nope\.js$/m);
test.serial(
  'unknown flag',
  mistakes,
  ['--prot', '1'],
  {},
  2,
  /^hyperion: There is no --prot flag: did you mean --port\?/,
);
test.serial(
  'wrong variable',
  mistakes,
  ['app.mjs'],
  { env: { PORT: 'http' } },
  2,
  /got 'http' \(string\) \(from PORT\)$/m,
);
test.serial(
  'unknown option in a file',
  mistakes,
  ['-C', 'two.config.json', 'app.mjs'],
  {},
  2,
  /no `prot` option: did you mean `port`\?/,
);
test.serial(
  'config file missing',
  mistakes,
  ['-C', 'no.json', 'app.mjs'],
  {},
  2,
  /There is no config file at \/.*\/no\.json$/m,
);
test.serial(
  'host of another machine',
  mistakes,
  ['--host', '192.0.2.1', 'app.mjs'],
  {},
  1,
  /Cannot listen on 192\.0\.2\.1: it is no address of this machine$/m,
);
test.serial(
  'socket in no folder',
  mistakes,
  ['--path', '/no/such/folder/s', 'app.mjs'],
  {},
  1,
  /Cannot create the Unix socket \/no\/such\/folder\/s: /,
);

test.serial('mistake: port in use', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  const { code, stdout, stderr } = await runApp(t, HELLO, ['--port', port]);
  t.is(code, 1);
  t.is(stdout, '');
  t.is(stderr, `hyperion: Port ${port} on 127.0.0.1 is in use: stop what listens there or choose another \`port\`\n`);
});

test.serial('mistake: port not permitted', async (t) => {
  if (!mayRefusePorts()) {
    t.pass();
    t.log('anyone may listen on any port here');
    return;
  }
  // As root only without the right that root has.
  const launcher = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-net_bind_service'] : [];
  const { code, stderr } = await runApp(t, HELLO, ['--port', '1'], { launcher });
  t.is(code, 1);
  t.regex(stderr, /^hyperion: Not permitted to listen on port 1 of 127\.0\.0\.1: choose a `port` from 1024 on, .*\n$/);
});

function mayRefusePorts(): boolean {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 1;
  } catch {
    return false;
  }
}

test.serial('mistake: no usable export', async (t) => {
  const { code, stdout, stderr, folder } = await runApp(t, 'export const port = 80;');
  t.is(code, 1);
  t.is(stdout, '');
  t.true(stderr.startsWith(`hyperion: ${folder}/app.mjs has no usable export and never calls listen(): `), stderr);
  t.is(stderr.trimEnd().split('\n').length, 1);
});

const hangs = test.macro<[string]>({
  async exec(t, app) {
    const { code, stdout, stderr, folder } = await runApp(t, app, ['--app-load-timeout-ms', '300']);
    t.is(code, 1);
    t.is(stdout, '');
    t.true(
      stderr.startsWith(`hyperion: ${folder}/app.mjs did not load within 300 ms (\`appLoadTimeoutMs\`): `),
      stderr,
    );
    t.is(stderr.trimEnd().split('\n').length, 1);
  },
  title: (title) => `mistake: app load hangs, ${title}`,
});
test.serial('awaiting', hangs, 'setInterval(() => {}, 1000); await new Promise(() => {});');
test.serial('in an endless loop', hangs, 'for (;;);');

test.serial('mistake: the app ends its thread', async (t) => {
  const { code, stderr, folder } = await runApp(t, 'process.exit(3);');
  t.is(code, 1);
  t.is(stderr, `hyperion: ${folder}/app.mjs ended its thread with exit code 3 while it was loading\n`);
});

test.serial('an app that throws at load: its own error with its stack, and nothing else', async (t) => {
  const { code, stdout, stderr, folder } = await runApp(t, "\nthrow new TypeError('no database');");
  t.is(code, 1);
  t.is(stdout, '');
  t.true(stderr.startsWith(`TypeError: no database\n    at file://${folder}/app.mjs:2:7\n`), stderr);
  t.notRegex(stderr, /hyperion:|Terminating/);
});

const broken = test.macro<[Record<string, string>, string, string]>({
  async exec(t, files, app, place) {
    const folder = await folderWith(t, files);
    const { code, stdout, stderr } = await runCommand(t, ['-p', '0', '-t', '1', app], { cwd: folder });
    t.is(code, 1);
    t.is(stdout, '', 'nothing of it ran');
    t.true(stderr.includes(`${folder}/${place}\n`), stderr);
    t.regex(stderr, /\n {10}\^\n\nSyntaxError: Unexpected token ';'\n/);
  },
  title: (title) => `a syntax error: its place, ${title}`,
});
const mistyped = 'const a = ;';
test.serial('in the app', broken, { 'a.mjs': mistyped }, 'a.mjs', 'a.mjs:1');
test.serial(
  'in what it imports',
  broken,
  { 'a.mjs': "import './b.mjs'; console.log('ran');", 'b.mjs': `\n${mistyped}` },
  'a.mjs',
  'b.mjs:2',
);
test.serial('in CommonJS', broken, { 'a.cjs': mistyped }, 'a.cjs', 'a.cjs:1');

// Serving.

test.serial('one line when it listens: url, threads, maxPending', async (t) => {
  const { command, url } = await serveApp(t, HELLO, ['--max-pending', '9', '--log-format', 'json']);
  t.is(await getText(url), 'hello');
  t.is(command.stdout().trimEnd().split('\n').length, 1);
  t.like(JSON.parse(command.stdout()), { level: 'info', message: 'listening', url, threads: 1, maxPending: 9 });
  t.is(command.stderr(), '');
});

test.serial('HOST and PORT', async (t) => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const folder = await folderWith(t, { 'app.mjs': HELLO });
  const command = startCommand(t, ['-t', '1', 'app.mjs'], {
    cwd: folder,
    env: { HOST: 'localhost', PORT: String(port) },
  });
  const url = await command.url();
  t.regex(url, new RegExp(`^http://(127\\.0\\.0\\.1|\\[::1\\]):${port}$`));
  t.is(await getText(url), 'hello');
});

test.serial('a Unix socket', async (t) => {
  const folder = await folderWith(t, { 'app.mjs': HELLO });
  const path = join(folder, 's');
  const command = startCommand(t, ['--path', path, '-t', '1', 'app.mjs'], { cwd: folder });
  await command.waitFor(/listening/);
  t.true(command.stdout().includes(`url=unix:${path} `));
});

const TELLS_PRELOADED = 'export default (req, res) => res.end(`${globalThis.preloaded} ${process.env.NODE_OPTIONS}`);';
const preloads = test.macro<[CommandSettings & { args?: string[] }, string]>({
  async exec(t, { args = [], ...settings }, text) {
    const folder = await folderWith(t, { 'app.mjs': TELLS_PRELOADED, 'pre.mjs': 'globalThis.preloaded = 7;' });
    const command = startCommand(t, ['-p', '0', '-t', '2', ...args, 'app.mjs'], { cwd: folder, ...settings });
    t.is(await getText(await command.url()), text);
    command.child.kill('SIGTERM');
    t.is(await command.exit, 0);
  },
  title: (title) => `${title} reaches the threads`,
});
test.serial('hyperion --import', preloads, { args: ['--import', './pre.mjs'] }, '7 undefined');
test.serial('node --import', preloads, { execArgv: ['--import', './pre.mjs'] }, '7 undefined');
test.serial('NODE_OPTIONS', preloads, { env: { NODE_OPTIONS: '--import=./pre.mjs' } }, '7 --import=./pre.mjs');

test.serial('a TypeScript app: served where Node strips types, else one line that says what to do', async (t) => {
  const folder = await folderWith(t, {
    'app.ts': `const text: string = 'typed';\nexport default (req: unknown, res: { end(text: string): void }): void => res.end(text);`,
  });
  const command = startCommand(t, ['-p', '0', '-t', '1', 'app.ts'], { cwd: folder });
  if ('typescript' in process.features && process.features.typescript !== false) {
    t.is(await getText(await command.url()), 'typed');
    return;
  }
  t.is(await command.exit, 1);
  t.is(
    command.stderr(),
    `hyperion: Node ${process.version} cannot load ${folder}/app.ts: a TypeScript app needs Node >= 22.18 or \`--import tsx\`\n`,
  );
});

// Stopping.

/** Sends its head at once and its end 400 ms later; /forever never ends. */
const SLOW = `export default (req, res) => {
  res.write('begun ');
  if (req.url !== '/forever') setTimeout(() => res.end('ended'), 400);
};`;

const stops = test.macro<['SIGTERM' | 'SIGINT']>({
  async exec(t, signal) {
    const { command, url } = await serveApp(t, SLOW);
    const response = await fetch(url);
    command.child.kill(signal);
    await command.waitFor(/stopping/);
    command.child.kill(signal); // the same Ctrl-C, as npm passes it on
    t.is(await response.text(), 'begun ended');
    t.is(await command.exit, 0);
    t.regex(command.stdout(), new RegExp(`message=stopping signal=${signal} gracefulTimeoutMs=30000`));
    t.regex(command.stdout(), /message=stopped connections=1 served=1 refused=0 cut=0 upgraded=0 terminated=0\n$/);
    t.is(command.stderr(), '');
  },
  title: (_, signal) => `${signal} serves what runs, then exits with 0`,
});
test.serial(stops, 'SIGTERM');
test.serial(stops, 'SIGINT');

const forces = test.macro<['SIGTERM' | 'SIGINT', number]>({
  async exec(t, signal, code) {
    const { command, url } = await serveApp(t, SLOW);
    const response = await fetch(`${url}/forever`);
    command.child.kill(signal);
    await command.waitFor(/stopping/);
    command.child.kill(signal); // the same Ctrl-C, as npm passes it on: too early to be a wish of its own
    const impatience = setInterval(() => command.child.kill(signal), 100);
    t.is(await command.exit.finally(() => clearInterval(impatience)), code);
    await t.throwsAsync(response.text());
  },
  title: (_, signal, code) => `a second ${signal} exits at once, with ${code}`,
});
test.serial(forces, 'SIGTERM', 143);
test.serial(forces, 'SIGINT', 130);

test.serial('gracefulTimeoutMs bounds the stop', async (t) => {
  const { command, url } = await serveApp(t, SLOW, ['--graceful-timeout-ms', '300']);
  const response = await fetch(`${url}/forever`);
  command.child.kill('SIGTERM');
  await t.throwsAsync(response.text());
  t.is(await command.exit, 0);
  t.regex(command.stdout(), /message=stopped connections=1 served=0 refused=0 cut=1 upgraded=0 terminated=0\n$/);
});

test.serial('a signal while the app loads ends it, and is no failure', async (t) => {
  const folder = await folderWith(t, {
    'app.mjs': "console.log('loading'); setInterval(() => {}, 1000); await new Promise(() => {});",
  });
  const command = startCommand(t, ['-p', '0', '-t', '1', 'app.mjs'], { cwd: folder });
  await command.waitFor(/loading/);
  command.child.kill('SIGTERM');
  t.is(await command.exit, 0);
  t.is(command.stderr(), '');
});
