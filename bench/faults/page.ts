/** `docs/benchmarks/faults.md` and its JSON file. Pure but for `writeFaultPages`. In: results. Out: Markdown. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { formatMachine } from '../machine.ts';
import { PAGES_URL, type Conditions } from '../report/records.ts';
import { findBroken, isTimeless, latenessMs, unansweredIn } from './judge.ts';
import type { Fault, FaultResult, PhaseReport } from './types.ts';

export interface FaultRun {
  readonly conditions: Conditions;
  readonly finishedAt: string;
  readonly seconds: number;
  readonly perSecond: number;
  readonly connections: number;
  readonly threads: number;
  readonly results: readonly FaultResult[];
  readonly skipped: readonly string[];
}

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

const idleLost = ({ idleLost: { reset, closed } }: PhaseReport): string => String(reset + closed);

const row = ({ contender, quiet, faulty, after, outcomes, hasDied }: FaultResult): string =>
  `| ${[
    hasDied ? `${contender} (ended)` : contender,
    faulty.sent,
    counts(faulty.answered),
    unansweredIn(faulty),
    `${faulty.unanswered.reset} / ${faulty.unanswered.closed}`,
    faulty.cutInReply,
    idleLost(faulty),
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

export const formatFaultPage = (faults: readonly Fault[], run: FaultRun): string => {
  const { conditions, finishedAt, seconds, perSecond, connections, threads, results, skipped } = run;
  const measured = faults.filter(({ name }) => results.some(({ fault }) => fault === name));
  return `${[
    '# Faults, injected on purpose',
    'Written by `npm run bench:faults` from `results/faults.json`.',
    `Light requests are due at ${perSecond} a second on the mean, whatever the server does, on ${connections} keep-alive connections; one in fifty awaits 100 ms. ` +
      `Each server has ${threads} threads or processes and is started anew for each fault, which is injected every second for ${seconds} s. ` +
      'Untouched are the requests that were answered 200. p95 is the median, over windows of a second, of the 95th percentile of their times from when they were due; ' +
      'without the fault it was taken right before. A connection counts as lost if it ended without a word: in a request without a byte of a reply (reset, closed) or between two. ' +
      'node:cluster and Watt replace workers that end, as their documentation shows.',
    [
      `- Machine: ${formatMachine(conditions.machine)}.`,
      `- Servers on Node ${conditions.node}, the load generator on Node ${conditions.generatorNode}. Product code ${conditions.source}.`,
      `- Finished ${finishedAt.slice(0, 16).replace('T', ' ')} UTC.`,
      ...skipped.map((line) => `- Left out: ${line}.`),
    ].join('\n'),
    ...measured.map((fault) =>
      formatFault(
        fault,
        results.filter((result) => result.fault === fault.name),
      ),
    ),
  ].join('\n\n')}\n`;
};

export const writeFaultPages = (faults: readonly Fault[], run: FaultRun): void => {
  mkdirSync(new URL('results/', PAGES_URL), { recursive: true });
  writeFileSync(new URL('results/faults.json', PAGES_URL), `${JSON.stringify(run, undefined, 1)}\n`);
  writeFileSync(new URL('faults.md', PAGES_URL), formatFaultPage(faults, run));
};
