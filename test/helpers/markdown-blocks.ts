/** What the documentation tests need of a Markdown file: its code blocks, headings and links. */

export interface CodeBlock {
  /** First word of the info string: `js`, `sh`, ... */
  readonly language: string;
  /** `file=NAME` of the info string. */
  readonly file: string | undefined;
  /** With a line break at its end. */
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

export interface MarkdownParts {
  readonly blocks: readonly CodeBlock[];
  /** Targets of links outside code. */
  readonly links: readonly string[];
  /** Anchors that its headings make, as GitHub names them. */
  readonly anchors: ReadonlySet<string>;
}

export function readMarkdown(markdown: string): MarkdownParts {
  const blocks: CodeBlock[] = [];
  const links: string[] = [];
  const anchors = new Set<string>();
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open !== undefined) {
      if (line === '```') {
        const [language = ''] = open.info.split(' ');
        const file = /\bfile=(\S+)/.exec(open.info)?.[1];
        blocks.push({ language, file, text: open.lines.map((each) => `${each}\n`).join(''), line: open.line });
        open = undefined;
      } else open.lines.push(line);
    } else if (line.startsWith('```')) {
      open = { info: line.slice(3), line: index + 1, lines: [] };
    } else {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      if (heading !== undefined) anchors.add(anchorOf(heading));
      const prose = line.replaceAll(/`[^`]*`/g, '');
      for (const match of prose.matchAll(/\]\(([^)]+)\)/g)) links.push(match[1] ?? '');
    }
  }
  if (open !== undefined) throw new Error(`The block that begins in line ${open.line} is not closed`);
  return { blocks, links, anchors };
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
