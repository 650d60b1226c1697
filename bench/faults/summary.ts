/** What the page of the faults begins with: a row for each fault, to be read at a glance. Pure. Out: Markdown. */
import { findBroken, isTimeless, unansweredIn } from './judge.ts';
import { GIVE_UP_AFTER_MS } from './light-load.ts';
import { findRecord, type FaultRecord, type FaultRecords } from './records.ts';
import type { Fault, FaultResult } from './types.ts';

/** Between two requests, so that no loss is counted twice: the others are unanswered requests. */
export const idleLostIn = ({ idleLost: { reset, closed } }: FaultResult['faulty']): number => reset + closed;

const grouped = (count: number): string => count.toLocaleString('en-US');

/** Of a generator that was late nobody knows why its clients gave up. */
const isDoubtful = (result: FaultResult): boolean => isTimeless(result) && result.faulty.unanswered['given-up'] > 0;

const lossCell = (record: FaultRecord | undefined): string => {
  if (record === undefined) return '-';
  const { faulty, hasDied } = record.result;
  return `${grouped(unansweredIn(faulty))} + ${grouped(idleLostIn(faulty))}${hasDied ? ', ended' : ''}${isDoubtful(record.result) ? ' (?)' : ''}`;
};

const timeCell = (record: FaultRecord | undefined): string => {
  if (record === undefined) return '-';
  const { quiet, faulty } = record.result;
  return `${quiet.p95Ms.toFixed(1)} / ${faulty.p95Ms.toFixed(1)}${isTimeless(record.result) ? ' (?)' : ''}`;
};

/** A measurement in one line, as it is printed when it is over. */
export const formatLosses = ({ fault, contender, quiet, faulty, hasDied }: FaultResult): string =>
  `${contender} with ${fault}: ${grouped(unansweredIn(faulty))} of ${grouped(faulty.sent)} requests without a reply, ` +
  `${grouped(idleLostIn(faulty))} idle connections lost, p95 ${quiet.p95Ms.toFixed(1)} ms without and ${faulty.p95Ms.toFixed(1)} ms with it` +
  `${hasDied ? '; the server ended' : ''}`;

const WORDS = [
  '**0 + 0**: every request had its reply, and no connection was lost. A reply may be a 503; how many were is in the tables below, ' +
    'as are replies that were cut.',
  '',
  '- The first figure: requests that got **not a byte of a reply**. Their connection was reset or closed, no connection ' +
    `could be made for them, or their client gave up after ${GIVE_UP_AFTER_MS / 1000} s.`,
  '- The second: **connections lost** between two requests. A keep-alive connection that rested was closed or reset without a word ' +
    '(one that a reply had announced to close does not count).',
  '- p95: within how many milliseconds hyperion answered 95 of 100 of the requests that the fault did not touch, right before it and while it went on.',
].join('\n');

const verdict = (faults: readonly Fault[], own: readonly (FaultRecord | undefined)[]): string[] => {
  const measured = own.filter((record) => record !== undefined);
  if (measured.length === 0) return [];
  const broken = faults.flatMap((fault, index) => {
    const record = own[index];
    const words = record === undefined ? [] : findBroken(fault, record.result);
    return words.length === 0 ? [] : [`[${fault.name}](#${fault.name}) (${words.join('; ')})`];
  });
  return [
    broken.length === 0
      ? `hyperion keeps what it promises with each of the ${measured.length} faults that it was measured with.`
      : `hyperion breaks a promise with ${broken.join(', ')}.`,
  ];
};

const ofSoMany = (sent: readonly number[]): string => {
  const least = Math.min(...sent);
  return `of ${grouped(least)} ${least === Math.max(...sent) ? 'requests' : 'requests or more'} in each cell`;
};

/** In: the faults that were measured, the names of those who were. */
export const formatSummary = (faults: readonly Fault[], contenders: readonly string[], all: FaultRecords): string => {
  const own = faults.map(({ name }) => findRecord(all, { fault: name, contender: 'hyperion' }));
  const hasOwn = own.some((record) => record !== undefined);
  const records = faults.flatMap(({ name }) =>
    contenders.map((contender) => findRecord(all, { fault: name, contender })),
  );
  const titles = ['fault', ...contenders, ...(hasOwn ? ['p95 of hyperion without / with, ms'] : [])];
  const rows = faults.map(({ name, brief }, index) => [
    `[${name}](#${name}): ${brief}`,
    ...contenders.map((contender) => lossCell(findRecord(all, { fault: name, contender }))),
    ...(hasOwn ? [timeCell(own[index])] : []),
  ]);
  const sent = records.flatMap((record) => (record === undefined ? [] : [record.result.faulty.sent]));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const notes = [
    ...(records.some((record) => record === undefined) ? ['- `-`: not measured.'] : []),
    ...(records.some((record) => record?.result.hasDied === true) ? ['- ended: the whole server did.'] : []),
    ...(rows.flat().some((cell) => cell.endsWith('(?)'))
      ? ['- (?): the machine was too busy with other things; these times, and how many gave up, say nothing.']
      : []),
  ];
  return [
    `Light requests come at a constant rate, and every second something goes wrong. What the clients of each server noticed: requests without a reply + connections lost, ${ofSoMany(sent)}.`,
    [line(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(line)].join('\n'),
    ...verdict(faults, own),
    [WORDS, ...notes].join('\n'),
  ].join('\n\n');
};
