/** `docs/benchmarks/faults.md`. Pure but for `writeFaultPage`. In: records. Out: Markdown. */
import { writeFileSync } from 'node:fs';
import { PAGES_URL } from '../report/records.ts';
import { describeCircumstances } from './circumstances.ts';
import { findBroken, isTimeless, latenessMs, unansweredIn } from './judge.ts';
import { describeLeftOut } from './places.ts';
import { inOrder, type FaultRecords } from './records.ts';
import { formatSummary, idleLostIn } from './summary.ts';
import type { Fault, FaultContender, FaultResult } from './types.ts';

const HEADER = [
  'server',
  'sent',
  'answered',
  'unanswered',
  'of these reset / closed',
  'cut in reply',
  'idle connections lost',
  'untouched',
  'p95 without, ms',
  'p95 with, ms',
  'p95 after, ms',
  'the faults themselves saw',
];

const counts = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ') || '-';

const row = ({ contender, quiet, faulty, after, outcomes, hasDied }: FaultResult): string =>
  `| ${[
    hasDied ? `${contender} (ended)` : contender,
    faulty.sent,
    counts(faulty.answered),
    unansweredIn(faulty),
    `${faulty.unanswered.reset} / ${faulty.unanswered.closed}`,
    faulty.cutInReply,
    idleLostIn(faulty),
    `${(faulty.untouchedShare * 100).toFixed(1)} %`,
    quiet.p95Ms.toFixed(1),
    faulty.p95Ms.toFixed(1),
    after.p95Ms.toFixed(1),
    counts(outcomes),
  ].join(' | ')} |`;

/** Above this it is worth a word. */
const LATE_MS = 5;

const describeLateness = (results: readonly FaultResult[]): string[] => {
  const worst = Math.max(0, ...results.map(latenessMs));
  if (worst < LATE_MS) return [];
  return [`The machine was busy with other things: the generator itself sent up to ${worst.toFixed(0)} ms late (p95).`];
};

const describeVerdict = (fault: Fault, own: FaultResult | undefined): string[] => {
  if (own === undefined) return [];
  const broken = findBroken(fault, own);
  if (broken.length > 0) return [`hyperion fails: ${broken.join('; ')}.`];
  return [isTimeless(own) ? 'hyperion loses nothing; its times say nothing here.' : 'hyperion keeps what it promises.'];
};

/** The results of one fault. */
export const formatFault = (fault: Fault, results: readonly FaultResult[]): string => {
  const own = results.find(({ contender }) => contender === 'hyperion');
  return [
    `## ${fault.name}`,
    `${fault.title}.`,
    [`| ${HEADER.join(' | ')} |`, `|${' --- |'.repeat(HEADER.length)}`, ...results.map(row)].join('\n'),
    ...describeLateness(results),
    ...describeVerdict(fault, own),
  ].join('\n\n');
};

const HOW =
  'Light requests are due at a constant rate on the mean, whatever the server does, on keep-alive connections; one in fifty awaits 100 ms. ' +
  'Each server is started anew for each fault, which is injected every second. ' +
  'Untouched are the requests that were answered 200. p95 is the median, over windows of a second, of the 95th percentile of their times from when they were due; ' +
  'without the fault it was taken right before. A connection counts as lost if it ended without a word: in a request without a byte of a reply (reset, closed) or between two. ' +
  'node:cluster and Watt replace workers that end, as their documentation shows.';

/** Faults and contenders: all that there are, in their order. */
export const formatFaultPage = (
  faults: readonly Fault[],
  contenders: readonly Pick<FaultContender, 'name'>[],
  all: FaultRecords,
): string => {
  const { records, leftOut } = inOrder(all, faults, contenders);
  const results = records.map(({ result }) => result);
  const measured = faults.filter(({ name }) => results.some(({ fault }) => fault === name));
  const shown = contenders.map(({ name }) => name).filter((name) => results.some((one) => one.contender === name));
  const places = faults.flatMap(({ name }) => contenders.map((one) => ({ fault: name, contender: one.name })));
  const left = describeLeftOut(leftOut, places).map((line) => `Left out: ${line}.`);
  return `${[
    '# Faults, injected on purpose',
    'Written by `npm run bench:faults` from `results/faults.json`.',
    measured.length === 0 ? 'Nothing has been measured yet.' : formatSummary(measured, shown, all),
    ...left,
    '## How it was measured',
    HOW,
    ...describeCircumstances(records),
    ...measured.map((fault) =>
      formatFault(
        fault,
        results.filter((result) => result.fault === fault.name),
      ),
    ),
  ].join('\n\n')}\n`;
};

export const writeFaultPage = (page: string): void => writeFileSync(new URL('faults.md', PAGES_URL), page);
