// Writes docs/options.md from the option table in dist. With --check it writes nothing and fails if
// the file is not what the table says.
import { readFileSync, writeFileSync } from 'node:fs';
import { defaultOf, NAMED_OPTIONS } from '../dist/cli/option-names.js';

const file = new URL('../docs/options.md', import.meta.url);

const introduction = `# Options

Given to \`new Server(options)\`, or to the \`hyperion\` command as flags, as environment variables, or in a config file. A flag counts more than the environment, that more than the file, that more than the default. \`PORT\` and \`HOST\` are honoured after \`HYPERION_PORT\` and \`HYPERION_HOST\`; an empty variable counts as unset.

Times are milliseconds and end in \`Ms\`, sizes bytes and end in \`Bytes\`. A wrong value or an unknown name is an error before anything starts: it says what was expected and what was given (\`ERR_HYPERION_OPTION_INVALID\`, \`ERR_HYPERION_OPTION_UNKNOWN\`, ...).

Made from \`src/shared/options/option-table.ts\` by \`node scripts/generate-options-doc.mjs\`.
`;

const text = `${[introduction, ...sections()].join('\n')}`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (text !== readFileSync(file, 'utf8')) {
  console.error('docs/options.md is not what the option table says: run node scripts/generate-options-doc.mjs');
  process.exitCode = 1;
}

function sections() {
  const groups = [...new Set(NAMED_OPTIONS.map(({ row }) => row.group))];
  return groups.map((group) => {
    const options = NAMED_OPTIONS.filter(({ row }) => row.group === group);
    const lines = [
      ['Option', 'Flag', 'Environment', 'Value', 'Default', 'Meaning'],
      ['---', '---', '---', '---', '---', '---'],
      ...options.map(toCells),
    ];
    return `## ${group}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`;
  });
}

function toCells({ name, row, flag, variable }) {
  const flags = [row.short && `-${row.short}`, flag && `--${flag}`].filter(Boolean);
  return [
    code(name),
    name === 'app' ? 'the argument' : flags.map(code).join(', '),
    variable === undefined ? '' : code(variable),
    row.kind.expected,
    toDefault(row),
    row.meaning,
  ].map((cell) => cell.replaceAll('|', '\\|'));
}

/** `30000 ms`; a text that says the default needs no unit. */
function toDefault(row) {
  if (row.defaultText !== undefined || row.default === undefined) return defaultOf(row);
  return `${code(defaultOf(row))} ${row.kind.unit}`.trim();
}

function code(text) {
  return `\`${text}\``;
}
