/** What `--help` prints, made from the option table. Pure: a test and the docs can ask for it too. */
import { defaultOf, NAMED_OPTIONS, type NamedOption } from './option-names.ts';

/** Where the second column begins, and where lines end. */
const COLUMN = 34;
const WIDTH = 100;

const OTHER_FLAGS: readonly (readonly [string, string])[] = [
  ['-C, --config <path>', 'Config file, a module or JSON. [hyperion.config.js, .mjs or .json if there is one]'],
  ['    --import <module>', 'Module to load first, in every thread too, as with `node --import`; may be repeated.'],
  ['    --watch', 'Load the app anew when something in its package changes (not node_modules); for development.'],
  ['    --check-config', 'Check the options and exit; the app is not loaded.'],
  ['    --print-config', 'Print the options as JSON, defaults included, and exit.'],
  ['-h, --help', 'Print this and exit.'],
  ['-v, --version', 'Print the version and exit.'],
];

const FOOT = `Each option is also a variable, --read-timeout-ms for one HYPERION_READ_TIMEOUT_MS; --threads is
HYPERION_THREAD_COUNT. PORT and HOST count after these. A flag counts more than the environment,
that more than the config file, that more than the default.

SIGTERM and SIGINT stop accepting, serve what is there (at most gracefulTimeoutMs) and exit; a
second one exits at once. SIGHUP loads the app anew without losing a request. Exit codes: 0
stopped, 1 could not start or failed, 2 wrong usage or options, 128 + number of the signal (130,
143) forced.`;

export function helpText(): string {
  const groups = new Map<string, NamedOption[]>();
  for (const option of NAMED_OPTIONS) {
    if (option.flag === undefined) continue;
    groups.set(option.row.group, [...(groups.get(option.row.group) ?? []), option]);
  }
  const sections = [...groups].map(([group, options]) =>
    [`${group}:`, ...options.map((option) => toLines(toLeft(option), toRight(option)))].join('\n'),
  );
  const others = ['Other:', ...OTHER_FLAGS.map(([left, right]) => toLines(left, right))].join('\n');
  return ['Usage: hyperion [options] app.js', ...sections, others, FOOT].join('\n\n');
}

function toLeft({ flag, row: { short, kind } }: NamedOption): string {
  return `${short === undefined ? '   ' : `-${short},`} --${String(flag)} ${kind.placeholder}`;
}

function toRight({ row }: NamedOption): string {
  return `${row.meaning} [${defaultOf(row)}]`;
}

function toLines(left: string, right: string): string {
  const lines: string[] = [''];
  for (const word of right.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length < WIDTH - COLUMN) lines[lines.length - 1] = `${line} ${word}`.trimStart();
    else lines.push(word);
  }
  const head = `  ${left}`;
  const first = head.length < COLUMN - 1 ? head.padEnd(COLUMN) + lines.shift() : head;
  return [first, ...lines.map((line) => ' '.repeat(COLUMN) + line)].join('\n');
}
