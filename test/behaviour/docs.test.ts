/**
 * The README and docs/ say only what works: their apps are served, their commands run, their links
 * lead somewhere. The convention of the pages:
 *
 * - A `js` block says `file=NAME`. All blocks of a page are written to one folder, in their order.
 * - Each line of a `sh` block is a command, run in that folder. `npx hyperion` starts a server (on a
 *   free port), which `curl` lines then ask; `node` and `npm run` lines are known here too.
 * - A `text` block right behind a `sh` block is what its commands print.
 * - An `http` block is the 503 of an overloaded server.
 */
import test, { type ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectFolder, startHyperion, type HyperionProcess } from '../helpers/hyperion-process.ts';
import { readMarkdown, type CodeBlock } from '../helpers/markdown-blocks.ts';
import { REJECT_503 } from '../../src/index.ts';

const run = promisify(execFile);
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(`${projectFolder}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const parts = new Map(pages.map((page) => [page, readMarkdown(readFileSync(projectFolder + page, 'utf8'))]));
const { scripts } = JSON.parse(readFileSync(`${projectFolder}package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};

/** The reader of one page: has a folder, and at most one server running. */
class Reader {
  readonly folder: string;
  #server: HyperionProcess | undefined;

  constructor() {
    // Inside the project, so that its dependencies and the package itself are found.
    const parent = path.join(projectFolder, 'build', 'docs');
    mkdirSync(parent, { recursive: true });
    this.folder = mkdtempSync(path.join(parent, 'page-'));
  }

  /** Runs one command line; returns what it printed. */
  async run(line: string): Promise<string> {
    const words = line.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
    const env: NodeJS.ProcessEnv = {};
    while (/^[A-Z_]+=/.test(words[0] ?? '')) {
      const [name = '', value = ''] = (words.shift() ?? '').split('=');
      env[name] = value;
    }
    const [program, first = '', ...rest] = words;
    if (program === 'npx' && first === 'hyperion') return this.#hyperion(rest, env);
    if (program === 'curl') return this.#curl([first, ...rest]);
    if (program === 'node') return (await run(process.execPath, [first, ...rest], { cwd: this.folder })).stdout;
    if (program === 'npm') {
      // `npm test` is this run; .ci/run starts the example by `npm start`.
      const script = first === 'run' ? (rest[0] ?? '') : first;
      if (script in scripts) return '';
    }
    throw new Error(`This test does not know how to run: ${line}`);
  }

  async #hyperion(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
    if (args.some((arg) => /^--(check-config|print-config|help|version)$/.test(arg))) {
      const options = { cwd: this.folder, env: { ...process.env, ...env } };
      await run(process.execPath, [`${projectFolder}bin/hyperion.js`, ...args], options);
      return '';
    }
    await this.stop();
    // The page's port may be taken on this machine: a free one is chosen instead.
    const port = args.findIndex((arg) => arg === '--port' || arg === '-p');
    const portless = port === -1 ? args : args.toSpliced(port, 2);
    this.#server = await startHyperion(portless, { cwd: this.folder, env });
    return '';
  }

  async #curl(args: readonly string[]): Promise<string> {
    const { origin } = this.#server ?? {};
    if (origin === undefined) throw new Error('curl without a server');
    const local = args.map((arg) => arg.replace(/^http:\/\/(127\.0\.0\.1|localhost):9292/, origin));
    return (await run('curl', ['--silent', '--show-error', ...local])).stdout;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const code = await server.stop();
    if (code !== 0) throw new Error(`hyperion ended with ${code}:\n${server.output()}`);
  }

  async leave(): Promise<void> {
    try {
      await this.stop();
    } finally {
      rmSync(this.folder, { recursive: true });
    }
  }
}

const followPage = test.macro({
  async exec(t: ExecutionContext, page: string) {
    t.timeout(120_000);
    const reader = new Reader();
    try {
      const blocks = parts.get(page)?.blocks ?? [];
      for (const [index, block] of blocks.entries()) await followBlock(t, reader, block, blocks[index + 1]);
    } finally {
      await reader.leave();
    }
  },
  title: (_, page) => `${page}: its apps and commands run`,
});

async function followBlock(t: ExecutionContext, reader: Reader, block: CodeBlock, next?: CodeBlock): Promise<void> {
  const where = `line ${block.line}`;
  if (block.language === 'js') {
    t.truthy(block.file, `${where}: a js block needs file=NAME`);
    writeFileSync(path.join(reader.folder, block.file ?? ''), block.text);
  } else if (block.language === 'sh') {
    let printed = '';
    for (const line of block.text.trimEnd().split('\n')) {
      await t.notThrowsAsync(async () => {
        printed += ensureLine(await reader.run(line));
      }, `${where}: ${line}`);
    }
    if (next?.language === 'text') t.is(printed, next.text, where);
  } else if (block.language === 'http') {
    t.is(block.text.replaceAll('\n', '\r\n'), REJECT_503.replace(/\n$/, '\r\n'), where);
  } else {
    t.is(block.language, 'text', where);
  }
}

/** Commands that end without a line break, as JSON replies do, still have a line of their own on a page. */
function ensureLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

for (const page of pages.filter((each) => parts.get(each)?.blocks.length !== 0)) test.serial(followPage, page);

test('links between the pages lead to a file and a heading', (t) => {
  for (const [page, { links, anchors }] of parts) {
    for (const link of links.filter((each) => !/^https?:/.test(each))) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      t.true(existsSync(projectFolder + target), `${page}: ${link}`);
      if (anchor === undefined) continue;
      t.true((file === '' ? anchors : parts.get(target)?.anchors)?.has(anchor), `${page}: ${link}`);
    }
  }
});
