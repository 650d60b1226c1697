import test from 'ava';
import { createError } from '../src/shared/errors/errors.ts';
import { runCommand, startCommand, type CommandSettings } from './helpers/command.ts';
import { folderWith } from './helpers/folder.ts';

/** Makes `process` of the command look like another. */
const pretending = (script: string): CommandSettings => ({ execArgv: ['--import', `data:text/javascript,${script}`] });

test.serial('Windows: one line', async (t) => {
  const settings = pretending("Object.defineProperty(process, 'platform', { value: 'win32' })");
  const { message } = createError('PLATFORM_WINDOWS', {});
  t.deepEqual(await runCommand(t, ['app.js'], settings), { code: 1, stdout: '', stderr: `hyperion: ${message}\n` });
});

for (const version of ['12.22.0', '18.20.8', '20.18.3']) {
  test.serial(`Node ${version}: one line`, async (t) => {
    const values = `{ versions: { value: { node: '${version}' } }, version: { value: 'v${version}' } }`;
    const { message } = createError('PLATFORM_NODE_TOO_OLD', { version: `v${version}` });
    t.deepEqual(await runCommand(t, ['app.js'], pretending(`Object.defineProperties(process, ${values})`)), {
      code: 1,
      stdout: '',
      stderr: `hyperion: ${message}\n`,
    });
  });
}

// What runs again in another Node (UV_USE_IO_URING before Node 22, `--import` everywhere) seems one process.

const APP = `export default (req, res) => {
  res.write(String(process.env.UV_USE_IO_URING) + ' ' + Error.stackTraceLimit);
  if (req.url !== '/forever') res.end();
};`;
const env = { UV_USE_IO_URING: '1' };

test.serial('UV_USE_IO_URING is taken away where Node loses events under it, and all else stays', async (t) => {
  const folder = await folderWith(t, { 'app.mjs': APP });
  const settings = { cwd: folder, env, execArgv: ['--stack-trace-limit=20'] };
  const command = startCommand(t, ['-p', '0', '-t', '1', 'app.mjs'], settings);
  const response = await fetch(await command.url());
  const isTakenAway = Number(process.versions.node.split('.')[0]) < 22;
  t.is(await response.text(), `${isTakenAway ? 'undefined' : '1'} 20`);
});

test.serial('runs again: signals and the exit code pass through', async (t) => {
  const folder = await folderWith(t, { 'app.mjs': APP });
  const args = ['-p', '0', '-t', '1', '--import', 'data:text/javascript,', 'app.mjs'];
  const command = startCommand(t, args, { cwd: folder, env });
  const response = await fetch(`${await command.url()}/forever`);
  command.child.kill('SIGINT');
  await command.waitFor(/stopping signal=SIGINT/);
  const impatience = setInterval(() => command.child.kill('SIGINT'), 100);
  t.is(await command.exit.finally(() => clearInterval(impatience)), 130);
  await t.throwsAsync(response.text());

  t.is((await runCommand(t, ['--import=data:text/javascript,', '--prot'], { cwd: folder, env })).code, 2);
});

test.serial("what stands behind -- is the app's name, not Node's flag", async (t) => {
  const { code, stderr } = await runCommand(t, ['--', '--import']);
  t.is(code, 1);
  t.regex(stderr, /^hyperion: There is no app at \/.*\/--import\n$/);
});
