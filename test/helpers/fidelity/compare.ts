/**
 * Runs scenarios on two sides and says what differs. A difference counts only if it is there again
 * when both sides get much more time: on a busy machine a byte or an event may come late.
 */
import type { LoanKind } from './known-differences.ts';
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

/** A side that is compared with plain node:http. */
export interface ComparedSide {
  readonly title: string;
  readonly loan: LoanKind;
  readonly side: Observer;
  /** What makes the head of a request one for this kind of loan. */
  readonly extraHeaders: readonly string[];
  /** Takes out of a log what the side always does differently, for a reason that the docs give once. */
  readonly forgive?: (expected: Observation, got: Observation) => Observation;
}

/** Whether a scenario is expected to differ on a kind of loan. */
type IsKnown = (scenario: Scenario, loan: LoanKind) => boolean;

const takesPart = ({ only }: Scenario, loan: LoanKind): boolean => only === undefined || only === loan;

/** Compares with the sides of one kind of loan at the same time: node:http is observed once for all. */
const compareOnce = async (
  scenario: Scenario,
  plain: Observer,
  others: readonly ComparedSide[],
  patience: number,
): Promise<Map<ComparedSide, Comparison>> => {
  const observe = (side: Observer): Promise<Observation> =>
    side.observe(scenario, others[0]?.extraHeaders ?? [], patience);
  const [expected, all] = await Promise.all([observe(plain), Promise.all(others.map(({ side }) => observe(side)))]);
  return new Map(
    others.map((other, index) => {
      const seen = all[index] ?? { wire: [], log: [] };
      const got = other.forgive?.(expected, seen) ?? seen;
      return [other, { scenario, expected, got, isIdentical: areEqual(expected, got) }];
    }),
  );
};

const LOANS: readonly LoanKind[] = ['request', 'connection'];

/** All comparisons of each of the other sides. */
export const compareAll = async (
  scenarios: readonly Scenario[],
  plain: Observer,
  others: readonly ComparedSide[],
  isKnown: IsKnown,
): Promise<Map<ComparedSide, Comparison[]>> => {
  const results = new Map(others.map((other) => [other, new Map<Scenario, Comparison>()]));
  const compare = async (scenario: Scenario, loan: LoanKind, patience: number): Promise<void> => {
    if (!takesPart(scenario, loan)) return;
    const sides = others.filter((other) => other.loan === loan);
    for (const [side, comparison] of await compareOnce(scenario, plain, sides, patience)) {
      results.get(side)?.set(scenario, comparison);
    }
  };
  const release = async (scenario: Scenario): Promise<void> => {
    for (const side of new Set(others.map((other) => other.side))) await side.release?.(scenario);
  };
  const compareAtOnce = async (some: readonly Scenario[], atOnce: number): Promise<void> => {
    const queue = [...some];
    const work = async (): Promise<void> => {
      for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
        for (const loan of LOANS) await compare(scenario, loan, 1);
        await release(scenario);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  };
  await compareAtOnce(
    scenarios.filter(({ isHeavy }) => isHeavy !== true),
    SCENARIOS_AT_ONCE,
  );
  await compareAtOnce(
    scenarios.filter(({ isHeavy }) => isHeavy === true),
    1,
  );
  for (const [{ loan }, comparisons] of results) {
    for (const { scenario, isIdentical } of comparisons.values()) {
      if (isIdentical !== isKnown(scenario, loan)) continue;
      await compare(scenario, loan, SECOND_LOOK);
      await release(scenario);
    }
  }
  return new Map([...results].map(([side, comparisons]) => [side, [...comparisons.values()]]));
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
