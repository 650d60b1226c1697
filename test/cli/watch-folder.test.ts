import { EventEmitter, once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFolderOf, watchFolder } from '../../src/cli/watch-folder.ts';
import { folderWith } from '../helpers/folder.ts';

const watching = async (t: ExecutionContext, files: Record<string, string>) => {
  const folder = await folderWith(t, files);
  const news = new EventEmitter();
  let changes = 0;
  const end = watchFolder(folder, () => {
    changes += 1;
    news.emit('change');
  });
  t.teardown(end);
  return {
    path: (name: string) => join(folder, name),
    changes: () => changes,
    end,
    /** Does something and waits for the change that it is; gives how many there were. */
    async changedBy(act: () => Promise<void>): Promise<number> {
      const before = changes;
      const changed = once(news, 'change');
      await act();
      await changed;
      return changes - before;
    },
  };
};

test('the package folder is the nearest one with a package.json, or the own one', async (t) => {
  const folder = await folderWith(t, { 'package.json': '{}', 'src/app.mjs': '' });
  t.is(packageFolderOf(join(folder, 'src/app.mjs')), folder);
  t.is(packageFolderOf(join(folder, 'app.mjs')), folder);
  t.is(packageFolderOf('/no-such-folder-at-all/app.mjs'), '/no-such-folder-at-all');
});

test('what changes together is one change, in any folder, old or new', async (t) => {
  const { path, changedBy } = await watching(t, { 'app.mjs': '1', 'lib/deep/part.mjs': '1' });
  t.is(
    await changedBy(async () => {
      await writeFile(path('app.mjs'), '2');
      await writeFile(path('lib/deep/part.mjs'), '2');
    }),
    1,
  );
  await changedBy(() => mkdir(path('new')));
  await changedBy(() => writeFile(path('new/part.mjs'), '1'));
  await changedBy(() => rename(path('new'), path('newer')));
  await changedBy(() => writeFile(path('newer/part.mjs'), '2'));
  await changedBy(() => rm(path('lib'), { recursive: true }));
  await changedBy(() => mkdir(path('lib')));
  await changedBy(() => writeFile(path('lib/part.mjs'), '3'));
});

test('installed packages, hidden files and logs are none of the source', async (t) => {
  const { path, changedBy, changes } = await watching(t, {
    'node_modules/a/index.js': '1',
    '.git/HEAD': '1',
    'app.log': '1',
    'app.mjs': '1',
  });
  for (const name of ['node_modules/a/index.js', '.git/HEAD', 'app.log', '.app.mjs.swp', 'app.mjs~']) {
    await writeFile(path(name), '2');
  }
  await mkdir(path('node_modules/b'));
  // What comes of them would have come before this.
  t.is(await changedBy(() => writeFile(path('app.mjs'), '2')), 1);
  t.is(changes(), 1);
});

test('an ended watch says nothing', async (t) => {
  const ended = await watching(t, { 'app.mjs': '1' });
  await ended.changedBy(() => writeFile(ended.path('app.mjs'), '2'));
  ended.end();
  const other = await watching(t, { 'app.mjs': '1' });
  await writeFile(ended.path('app.mjs'), '3');
  await other.changedBy(() => writeFile(other.path('app.mjs'), '2'));
  t.is(ended.changes(), 1);
});
