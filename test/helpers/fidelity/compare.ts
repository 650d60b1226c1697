/**
 * Runs scenarios on two sides and says what differs. A difference counts only if it is there again
 * when both sides get much more time: on a busy machine a byte or an event may come late.
 */
import type { Scenario } from './scenario.ts';
import type { Observation, Observer } from './sides.ts';

export interface Comparison {
  readonly scenario: Scenario;
  readonly isIdentical: boolean;
  readonly expected: Observation;
  readonly got: Observation;
}

/** As many at once as keeps the machine busy without making every scenario slow. */
const SCENARIOS_AT_ONCE = 12;

/** How much longer a second look waits for more to happen. */
const SECOND_LOOK = 5;

const areEqual = (a: Observation, b: Observation): boolean => JSON.stringify(a) === JSON.stringify(b);

export interface ComparedSide {
  readonly side: Observer;
  /** Whether the side is expected to differ from the first. */
  readonly isKnown: (scenario: Scenario) => boolean;
}

const compareOnce = async (
  scenario: Scenario,
  plain: Observer,
  others: readonly ComparedSide[],
  extraHeaders: readonly string[],
  patience: number,
): Promise<Comparison[]> => {
  const observe = (side: Observer): Promise<Observation> => side.observe(scenario, extraHeaders, patience);
  const [expected, all] = await Promise.all([observe(plain), Promise.all(others.map(({ side }) => observe(side)))]);
  return all.map((got) => ({ scenario, expected, got, isIdentical: areEqual(expected, got) }));
};

const isAsExpected = (comparisons: readonly Comparison[], others: readonly ComparedSide[]): boolean =>
  comparisons.every(({ scenario, isIdentical }, index) => isIdentical !== others[index]?.isKnown(scenario));

/** One list of comparisons for each of the other sides. */
export const compareAll = async (
  scenarios: readonly Scenario[],
  plain: Observer,
  others: readonly ComparedSide[],
  extraHeaders: readonly string[] = [],
): Promise<Comparison[][]> => {
  const results: Comparison[][] = others.map(() => []);
  const keep = (comparisons: readonly Comparison[]): void =>
    comparisons.forEach((comparison, index) => results[index]?.push(comparison));
  const doubtful: Scenario[] = [];
  const queue = [...scenarios];
  const work = async (): Promise<void> => {
    for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
      const comparisons = await compareOnce(scenario, plain, others, extraHeaders, 1);
      if (isAsExpected(comparisons, others)) keep(comparisons);
      else doubtful.push(scenario);
    }
  };
  await Promise.all(Array.from({ length: SCENARIOS_AT_ONCE }, work));
  for (const scenario of doubtful) keep(await compareOnce(scenario, plain, others, extraHeaders, SECOND_LOOK));
  return results;
};

/** Where two lists differ, for a reader. */
const difference = (title: string, expected: readonly string[], got: readonly string[]): string[] => {
  if (JSON.stringify(expected) === JSON.stringify(got)) return [];
  const shorten = (line: string): string =>
    line.length > 400 ? `${line.slice(0, 200)} ... ${line.slice(-200)}` : line;
  return [
    `  ${title} of node:http:`,
    ...expected.map((line) => `    ${got.includes(line) ? ' ' : '-'} ${JSON.stringify(shorten(line))}`),
    `  ${title} of ours:`,
    ...got.map((line) => `    ${expected.includes(line) ? ' ' : '+'} ${JSON.stringify(shorten(line))}`),
  ];
};

export const describeDifference = ({ scenario, expected, got }: Comparison): string =>
  [scenario.name, ...difference('wire', expected.wire, got.wire), ...difference('log', expected.log, got.log)].join(
    '\n',
  );
