/**
 * Watches the folder of a package for changes of its source, folder by folder: a recursive watch of
 * node's would take in node_modules, file by file. Main thread of the command.
 */
import { existsSync, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';

/** Editors and version control write several files, and some files in several steps. */
const QUIET_MS = 100;

/** Installed packages, hidden files (`.git`), logs, and what editors leave beside a file. */
const IGNORED = /^(?:node_modules|\..*|.*\.log|.*~)$/;

/** The nearest folder above `file` that has a package.json; its own folder if there is none. */
export function packageFolderOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}

/** Calls back when something in the folder has changed and nothing has for a moment. Gives what ends the watch. */
export function watchFolder(folder: string, onChange: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;

  const forget = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  const add = (path: string): void => {
    if (watchers.has(path)) return;
    try {
      const watcher = watch(path, (_, name) => {
        if (name !== null && IGNORED.test(name)) return;
        if (name !== null) addIfFolder(path, name);
        clearTimeout(timer);
        timer = setTimeout(onChange, QUIET_MS);
      });
      watcher.on('error', () => forget(path));
      watchers.set(path, watcher);
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (entry.isDirectory() && !IGNORED.test(entry.name)) add(join(path, entry.name));
      }
    } catch {
      // It has gone meanwhile, or is no folder.
      forget(path);
    }
  };
  const addIfFolder = (parent: string, name: string): void => {
    const path = join(parent, name);
    // One that was deleted, and maybe made again, is another folder.
    if (!existsSync(path)) forget(path);
    else if (isFolder(path)) add(path);
  };

  add(folder);
  return () => {
    clearTimeout(timer);
    for (const path of watchers.keys()) forget(path);
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
