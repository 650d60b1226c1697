/**
 * Where a rival is better: found from the results, so that it is said whether we like it or not.
 * Compared with hyperion at the same number of threads or processes. Pure.
 */
import { short } from '../charts/format.ts';
import { describeRow, rangeOf } from '../charts/from-result.ts';
import type { Measurement, Row, ScenarioResult } from '../types.ts';

interface Quality {
  readonly name: string;
  readonly of: (one: Measurement) => number | undefined;
  readonly isMoreBetter: boolean;
}

/** Less than this is noise on most machines. */
const MARGIN = 1.05;

const QUALITIES: readonly Quality[] = [
  { name: 'requests/s', of: (one) => one.requestsPerSecond, isMoreBetter: true },
  { name: 'CPU us/request', of: (one) => one.cpuMicrosecondsPerRequest, isMoreBetter: false },
  { name: 'p50 ms', of: (one) => (one.lightMs ?? one.latencyMs).p50, isMoreBetter: false },
  { name: 'p99 ms', of: (one) => (one.lightMs ?? one.latencyMs).p99, isMoreBetter: false },
  { name: 'memory MB (PSS)', of: (one) => one.memory.proportionalMegabytes, isMoreBetter: false },
  { name: 'KB an idle connection', of: (one) => one.figures?.['kilobytesEach'], isMoreBetter: false },
  { name: 'recovery s', of: (one) => one.figures?.['recoverySeconds'], isMoreBetter: false },
];

/** An open loop's own latency and rate mix all its steps: only its figures are compared. */
const isComparable = (quality: Quality, row: Row): boolean =>
  row.rounds[0]?.steps === undefined || quality.name === 'recovery s' || quality.name === 'memory MB (PSS)';

export interface Better {
  readonly scenario: string;
  readonly rival: string;
  readonly quality: string;
  readonly own: number;
  readonly theirs: number;
  /** Above 1: how many times better. */
  readonly times: number;
}

export const findBetter = ({ scenario, rows }: ScenarioResult): Better[] =>
  rows
    .filter(({ rival }) => rival !== 'hyperion')
    .flatMap((row) => {
      const own = rows.find(({ rival, threads }) => rival === 'hyperion' && threads === row.threads);
      if (own === undefined) return [];
      return QUALITIES.filter((quality) => isComparable(quality, row)).flatMap(({ name, of, isMoreBetter }) => {
        const mine = rangeOf(own, of)?.middle ?? 0;
        const theirs = rangeOf(row, of)?.middle ?? 0;
        if (!(mine > 0 && theirs > 0)) return [];
        const times = isMoreBetter ? theirs / mine : mine / theirs;
        return times < MARGIN ? [] : [{ scenario, rival: describeRow(row), quality: name, own: mine, theirs, times }];
      });
    });

/** One row for each rival of a scenario. */
export const formatBetter = (all: readonly Better[]): string => {
  const rows = new Map<string, string[]>();
  for (const { scenario, rival, quality, own, theirs, times } of all) {
    const key = `${scenario} | ${rival}`;
    const cell = `${quality} ${short(theirs)} : ${short(own)} (${times.toFixed(2)}x)`;
    rows.set(key, [...(rows.get(key) ?? []), cell]);
  }
  return [
    '| scenario | rival | better in: rival : hyperion (times) |',
    '| --- | --- | --- |',
    ...[...rows].map(([key, cells]) => `| ${key} | ${cells.join('; ')} |`),
  ].join('\n');
};
