/**
 * The name of a Unix socket whose server is closed while the socket lives on: libuv takes the name
 * of what it bound away with its handle, and clients would find nobody.
 */
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';

export class UnixPath {
  readonly #path: string;
  /** Of the socket's name, once it is ours to take away. */
  #inode: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Runs `close`, which closes the server's handle, and leaves the name as it was. A second name
   * holds the place; the first is away for the instant between two calls. Throws before `close` if
   * that can't be done here.
   */
  keepWhile(close: () => void): void {
    const spare = `${this.#path}.${process.pid}.paused`;
    linkSync(this.#path, spare);
    close();
    if (this.#exists()) {
      // It was not libuv that had bound it.
      unlinkSync(spare);
      return;
    }
    renameSync(spare, this.#path);
    this.#inode = lstatSync(this.#path).ino;
  }

  /** At the end: takes the name away where libuv would have, unless it is another server's by now. */
  remove(): void {
    try {
      if (this.#inode !== undefined && lstatSync(this.#path).ino === this.#inode) unlinkSync(this.#path);
    } catch {
      // Somebody else has.
    }
  }

  #exists(): boolean {
    return lstatSync(this.#path, { throwIfNoEntry: false }) !== undefined;
  }
}
