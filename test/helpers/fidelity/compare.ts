/**
 * Runs scenarios on two sides and says what differs. A difference counts only if it is there again
 * when both sides get much more time: on a busy machine a byte or an event may come late.
 */
import type { Scenario } from './scenario.ts';
import type { Observation, Side } from './sides.ts';

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

const compareOnce = async (
  scenario: Scenario,
  plain: Side,
  ours: Side,
  extraHeaders: readonly string[],
  patience: number,
): Promise<Comparison> => {
  const [expected, got] = await Promise.all([
    plain.observe(scenario, extraHeaders, patience),
    ours.observe(scenario, extraHeaders, patience),
  ]);
  return { scenario, expected, got, isIdentical: areEqual(expected, got) };
};

/** `isKnown`: whether the two are expected to differ; what is not as expected is looked at once more. */
export const compareAll = async (
  scenarios: readonly Scenario[],
  plain: Side,
  ours: Side,
  extraHeaders: readonly string[],
  isKnown: (scenario: Scenario) => boolean,
): Promise<Comparison[]> => {
  const comparisons: Comparison[] = [];
  const doubtful: Scenario[] = [];
  const queue = [...scenarios];
  const work = async (): Promise<void> => {
    for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
      const comparison = await compareOnce(scenario, plain, ours, extraHeaders, 1);
      if (comparison.isIdentical === isKnown(scenario)) doubtful.push(scenario);
      else comparisons.push(comparison);
    }
  };
  await Promise.all(Array.from({ length: SCENARIOS_AT_ONCE }, work));
  for (const scenario of doubtful) {
    comparisons.push(await compareOnce(scenario, plain, ours, extraHeaders, SECOND_LOOK));
  }
  return comparisons;
};

/** Where two lists differ, for a reader. */
const difference = (title: string, expected: readonly string[], got: readonly string[]): string[] => {
  if (JSON.stringify(expected) === JSON.stringify(got)) return [];
  const shorten = (line: string): string => (line.length > 400 ? `${line.slice(0, 200)} ... ${line.slice(-200)}` : line);
  return [
    `  ${title} of node:http:`,
    ...expected.map((line) => `    ${got.includes(line) ? ' ' : '-'} ${JSON.stringify(shorten(line))}`),
    `  ${title} of ours:`,
    ...got.map((line) => `    ${expected.includes(line) ? ' ' : '+'} ${JSON.stringify(shorten(line))}`),
  ];
};

export const describeDifference = ({ scenario, expected, got }: Comparison): string =>
  [scenario.name, ...difference('wire', expected.wire, got.wire), ...difference('log', expected.log, got.log)].join('\n');
