// The documents that are served: this project's README and docs, read once at load, and a long one
// made of them.
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** Name without ending -> Markdown. */
export const pages = new Map([
  ['README', readFileSync(new URL('README.md', root), 'utf8')],
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => [name.slice(0, -3), readFileSync(new URL(`docs/${name}`, root), 'utf8')]),
]);

// Enough for a few hundred milliseconds of rendering: the request that blocks its thread.
const LONG_PAGE_BYTES = 400_000;

/** All documents again and again, each as a chapter, until it is long enough. */
export const longPage = makeLongPage();

function makeLongPage() {
  const chapters = [];
  let length = 0;
  while (length < LONG_PAGE_BYTES) {
    for (const [name, markdown] of pages) {
      const chapter = `# Chapter ${chapters.length + 1}: ${name}\n\n${markdown}\n\n`;
      chapters.push(chapter);
      length += chapter.length;
    }
  }
  return chapters.join('');
}
