/**
 * How far the rounds of one run lie apart, and two runs from each other: what a difference between
 * servers has to exceed to mean anything. Compared are ratios of hyperion to a rival with as many
 * threads, as what the machine does falls on both. Pure.
 */
import { median } from '../../test/helpers/percentiles.ts';
import { describeRow } from '../charts/from-result.ts';
import { quartiles, ratiosOf } from '../statistics.ts';
import type { Measurement, Row, ScenarioResult } from '../types.ts';

type Quantity = (one: Measurement) => number;

const REQUESTS: Quantity = (one) => one.requestsPerSecond;
const CPU: Quantity = (one) => one.cpuMicrosecondsPerRequest;

interface Pair {
  readonly own: Row;
  readonly rival: Row;
}

const pairsOf = ({ rows }: ScenarioResult): Pair[] =>
  rows
    .filter(({ rival }) => rival !== 'hyperion')
    .flatMap((rival) => {
      const own = rows.find((row) => row.rival === 'hyperion' && row.threads === rival.threads);
      return own === undefined ? [] : [{ own, rival }];
    });

const ratios = ({ own, rival }: Pair, of: Quantity): number[] => ratiosOf(own.rounds.map(of), rival.rounds.map(of));

/** The quartiles' distance as a share of the median, of the pair where it is largest; NaN without a pair. */
const worstSpread = (result: ScenarioResult, of: Quantity): number =>
  Math.max(
    ...pairsOf(result).map((pair) => {
      const { low, middle, high } = quartiles(ratios(pair, of));
      return (high - low) / middle;
    }),
  );

const percent = (share: number): string => (Number.isFinite(share) ? `${(share * 100).toFixed(0)} %` : '-');

export const formatNoise = (results: readonly ScenarioResult[]): string =>
  [
    '| scenario | requests/s | CPU us/request |',
    '| --- | --- | --- |',
    ...results.map(
      (result) =>
        `| ${result.scenario} | ${percent(worstSpread(result, REQUESTS))} | ${percent(worstSpread(result, CPU))} |`,
    ),
  ].join('\n');

/** Each ratio of both runs, and by how much the second differs from the first. */
export const compareRuns = (first: readonly ScenarioResult[], second: readonly ScenarioResult[]): string =>
  [
    '| scenario | rival | what | first | second | differs by |',
    '| --- | --- | --- | --- | --- | --- |',
    ...first.flatMap((result) => {
      const again = second.find(({ scenario }) => scenario === result.scenario);
      if (again === undefined) return [];
      const others = pairsOf(again);
      return pairsOf(result).flatMap((pair) => {
        const other = others.find(({ rival }) => describeRow(rival) === describeRow(pair.rival));
        if (other === undefined) return [];
        return [REQUESTS, CPU].map((of) => {
          const [a, b] = [median(ratios(pair, of)), median(ratios(other, of))];
          const what = of === CPU ? 'CPU us/request' : 'requests/s';
          return `| ${result.scenario} | ${describeRow(pair.rival)} | ${what} | ${a.toFixed(3)} | ${b.toFixed(3)} | ${percent(Math.abs(b / a - 1))} |`;
        });
      });
    }),
  ].join('\n');
