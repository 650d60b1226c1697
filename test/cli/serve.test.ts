/** What the whole command does while it serves: reloads, by signal and by watch. Its stops are in ../cli.test.ts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ClosedLoop } from '../helpers/closed-loop-client.ts';
import { type Command, startCommand } from '../helpers/command.ts';
import { folderWith } from '../helpers/folder.ts';

const appThatSays = (text: string): string => `import { part } from './part.mjs';
export default (req, res) => setTimeout(() => res.end('${text}' + part), req.url === '/slow' ? 400 : 0);`;

interface Serving {
  readonly command: Command;
  readonly url: string;
  readonly write: (name: string, content: string) => Promise<void>;
  readonly get: (path?: string) => Promise<string>;
}

const serving = async (t: ExecutionContext, args: readonly string[] = []): Promise<Serving> => {
  const folder = await folderWith(t, { 'app.mjs': appThatSays('one'), 'part.mjs': "export const part = '';" });
  const command = startCommand(t, ['--port', '0', '--threads', '1', '--log-format', 'json', ...args, 'app.mjs'], {
    cwd: folder,
  });
  const url = await command.url();
  const get = async (path = '/'): Promise<string> => (await fetch(url + path)).text();
  return { command, url, get, write: (name, content) => writeFile(join(folder, name), content) };
};

/** So many lines of this kind have been written. */
const times = (text: string, count: number): RegExp => new RegExp(`(?:"${text}"[^]*){${count}}`);

test.serial('SIGHUP loads the app anew, and no request fails', async (t) => {
  const { command, url, get, write } = await serving(t);
  t.is(await get(), 'one');
  const load = new ClosedLoop({ port: Number(new URL(url).port), clients: 20, targets: ['/slow', '/'] });
  await load.answered(40);
  await write('app.mjs', appThatSays('two'));
  command.child.kill('SIGHUP');
  await command.waitFor(times('the app has been loaded anew', 1));
  await load.answered(40);
  const { failures, bodies } = await load.stop();
  t.deepEqual(failures, []);
  t.deepEqual([...bodies.keys()], ['one', 'two']);
  t.is(await get(), 'two');
  command.child.kill('SIGTERM');
  t.is(await command.exit, 0);
});

test.serial('an app that no longer loads is an error in the log, and the old one serves on', async (t) => {
  const { command, get, write } = await serving(t);
  await write('app.mjs', "throw new TypeError('no database');");
  command.child.kill('SIGHUP');
  const [line] = await command.waitFor(/^.*the app could not be loaded anew: the old one serves on.*$/m);
  t.like(JSON.parse(line), { level: 'error', err: { message: 'no database' } });
  t.is(await get(), 'one');
  await write('app.mjs', appThatSays('three'));
  command.child.kill('SIGHUP');
  await command.waitFor(/the app has been loaded anew/);
  t.is(await get(), 'three');
});

test.serial('--watch loads the app anew when any of its files changes', async (t) => {
  const { command, get, write } = await serving(t, ['--watch']);
  await write('part.mjs', "export const part = '!';");
  await command.waitFor(times('the app has been loaded anew', 1));
  t.is(await get(), 'one!');
  await write('app.mjs', appThatSays('two'));
  await command.waitFor(times('the app has been loaded anew', 2));
  t.is(await get(), 'two!');
  command.child.kill('SIGTERM');
  t.is(await command.exit, 0);
});

test.serial('without --watch nothing is watched, and a SIGHUP while it stops changes nothing', async (t) => {
  const { command, get, write } = await serving(t);
  await write('app.mjs', appThatSays('two'));
  const slow = get('/slow');
  t.is(await get(), 'one');
  command.child.kill('SIGTERM');
  await command.waitFor(/"stopping"/);
  command.child.kill('SIGHUP');
  t.is(await slow, 'one');
  t.is(await command.exit, 0);
  t.notRegex(command.stdout(), /anew/);
});

const HELD = `import { execSync } from 'node:child_process';
export default (req, res) => {
  if (req.url !== '/held') return res.end('one');
  console.log('held');
  execSync('sleep 20');
};`;

const held = async (t: ExecutionContext): Promise<Serving> => {
  const serves = await serving(t, ['--graceful-timeout-ms', '100']);
  await serves.write('app.mjs', HELD);
  serves.command.child.kill('SIGHUP');
  await serves.command.waitFor(/the app has been loaded anew/);
  void serves.get('/held').catch(() => {});
  await serves.command.waitFor(/^held$/m);
  return serves;
};

test.serial('a thread that native code holds does not hold the process: a stop', async (t) => {
  const { command } = await held(t);
  const begin = performance.now();
  command.child.kill('SIGTERM');
  t.is(await command.exit, 0);
  t.true(performance.now() - begin < 15_000);
  t.regex(command.stdout(), /"terminated":1/);
});

test.serial('a thread that native code holds does not hold the process: a second signal', async (t) => {
  const { command } = await held(t);
  const begin = performance.now();
  command.child.kill('SIGTERM');
  await command.waitFor(/"stopping"/);
  const impatience = setInterval(() => command.child.kill('SIGTERM'), 100);
  t.is(await command.exit.finally(() => clearInterval(impatience)), 143);
  t.true(performance.now() - begin < 15_000);
});
