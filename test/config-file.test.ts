import { join } from 'node:path';
import test from 'ava';
import { defineConfig, findConfigFile, readConfigFile } from '../src/config-file.ts';
import { folderWith } from './helpers/folder.ts';

const reads = test.macro<[string, string, object]>({
  async exec(t, name, text, config) {
    const folder = await folderWith(t, { [name]: text });
    t.deepEqual(await readConfigFile(join(folder, name)), config);
  },
  title: (_, name, text) => `${name}: ${text}`,
});
test(reads, 'a.mjs', 'export default { port: 1 }', { port: 1 });
test(reads, 'a.mjs', 'export default await Promise.resolve({ port: 2 })', { port: 2 });
test(reads, 'a.cjs', 'module.exports = { port: 3 }', { port: 3 });
test(reads, 'a.json', '{ "port": 4, "maxPending": "Infinity" }', { port: 4, maxPending: Infinity });

const refuses = test.macro<[string, string, string, RegExp]>({
  async exec(t, name, text, code, message) {
    const folder = await folderWith(t, { [name]: text });
    await t.throwsAsync(readConfigFile(join(folder, name)), { code: `ERR_HYPERION_${code}`, message });
  },
  title: (_, name, text) => `refused: ${name}: ${text}`,
});
test(
  refuses,
  'a.mjs',
  'export const port = 1',
  'CONFIG_NOT_OBJECT',
  /have as default export an object of options, got nothing/,
);
test(refuses, 'a.mjs', 'export default () => ({})', 'CONFIG_NOT_OBJECT', /got the function `default`/);
test(refuses, 'a.json', '[]', 'CONFIG_NOT_OBJECT', /to hold an object of options, got \[\] \(array\)/);
test(refuses, 'a.json', '{ port: 1 }', 'CONFIG_UNREADABLE', /Cannot read the config file .*a\.json: .*JSON/);

test('a missing file', async (t) => {
  await t.throwsAsync(readConfigFile('/no/such.json'), {
    code: 'ERR_HYPERION_CONFIG_NOT_FOUND',
    message: 'There is no config file at /no/such.json',
  });
});

test("a config module's own error stays as it is", async (t) => {
  const folder = await folderWith(t, { 'a.mjs': "throw new RangeError('mine')" });
  await t.throwsAsync(readConfigFile(join(folder, 'a.mjs')), { instanceOf: RangeError, message: 'mine' });
});

test('the config file of a folder', async (t) => {
  t.is(findConfigFile(await folderWith(t, {})), undefined);
  for (const name of ['hyperion.config.js', 'hyperion.config.mjs', 'hyperion.config.json']) {
    const folder = await folderWith(t, { [name]: '', 'hyperion.config.txt': '' });
    t.is(findConfigFile(folder), join(folder, name));
  }
});

test('two config files in one folder: neither is guessed', async (t) => {
  const folder = await folderWith(t, { 'hyperion.config.js': '', 'hyperion.config.json': '' });
  t.throws(() => findConfigFile(folder), {
    code: 'ERR_HYPERION_CONFIG_AMBIGUOUS',
    message: /hyperion\.config\.js and .*hyperion\.config\.json: remove all but one/,
  });
});

test('defineConfig gives back what it got', (t) => {
  const config = { port: 8080, threadCount: 4 };
  t.is(defineConfig(config), config);
});
