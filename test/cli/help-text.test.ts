import test from 'ava';
import { helpText } from '../../src/cli/help-text.ts';
import { NAMED_OPTIONS } from '../../src/cli/option-names.ts';

test('help names every flag with its meaning, in lines that fit', (t) => {
  const help = helpText();
  const words = help.replaceAll(/\s+/g, ' ');
  for (const { flag, row } of NAMED_OPTIONS) {
    if (flag === undefined) continue;
    t.true(help.includes(` --${flag} ${row.kind.placeholder}`), flag);
    t.true(words.includes(`${row.kind.placeholder} ${row.meaning} [`), `meaning of ${flag}`);
  }
  for (const line of help.split('\n')) t.true(line.length <= 100, line);
});

test('names outside JavaScript', (t) => {
  const named = new Map(NAMED_OPTIONS.map((option) => [option.name, option]));
  t.like(named.get('readTimeoutMs'), { flag: 'read-timeout-ms', variable: 'HYPERION_READ_TIMEOUT_MS' });
  t.like(named.get('threadCount'), { flag: 'threads', variable: 'HYPERION_THREAD_COUNT' });
  t.like(named.get('ioUring'), { flag: 'io-uring', variable: 'HYPERION_IO_URING' });
  t.is(named.get('app')?.flag, undefined);
  t.is(named.get('logger')?.variable, undefined);
});

test('no flag, letter or variable means two things', (t) => {
  const all = NAMED_OPTIONS.flatMap(({ flag, variable, row }) => [flag, variable, row.short]);
  const names = [...all, 'C', 'h', 'v', 'config', 'help', 'version', 'watch'].filter((name) => name !== undefined);
  t.is(new Set(names).size, names.length);
});
