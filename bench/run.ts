/**
 * The command: `npm run bench`, see `options.ts` for what it takes. Measures the chosen scenarios
 * one after the other and prints a table of each; a whole run also writes `docs/benchmarks`.
 */
import { writeFileSync } from 'node:fs';
import { buildBaseTree, copyOwnTree } from './built-trees.ts';
import { measureLoopsPerMs } from './calibrate.ts';
import { chooseRuns, formOf, type Chosen } from './choose.ts';
import { describeMachine, formatMachine } from './machine.ts';
import { measureScenario, type MeasureOptions } from './measure.ts';
import { chooseNode } from './node-versions.ts';
import { parseOptions, USAGE, UsageError, type BenchOptions } from './options.ts';
import { planSeconds } from './plan.ts';
import { writePages, type Measured } from './report/page.ts';
import {
  hashSource,
  isSameRun,
  readRecord,
  readRivalVersions,
  writeRecord,
  type Conditions,
} from './report/records.ts';
import { formatResult } from './report/table.ts';
import { hyperionBase } from './rivals/hyperion.ts';
import { RIVALS } from './rivals/index.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { ScenarioResult } from './types.ts';
import { runCommand } from './run-command.ts';

const allRecords = (): Measured[] =>
  SCENARIOS.flatMap((scenario) => {
    const record = readRecord(scenario.name);
    return record === undefined ? [] : [{ scenario, record }];
  });

const print = (chosen: Chosen, result: ScenarioResult): void => {
  const { name, description, figures = [], ratios = [] } = chosen.scenario;
  console.log(`### ${name}\n\n${description}\n\n${formatResult(result, figures, ratios)}`);
};

const measureAll = async (runs: readonly Chosen[], options: BenchOptions): Promise<ScenarioResult[]> => {
  const node = chooseNode(options.node);
  const base = options.base === undefined ? undefined : buildBaseTree(options.base);
  const own = copyOwnTree();
  try {
    const conditions: Conditions = {
      machine: describeMachine(),
      node: node.version,
      generatorNode: process.versions.node,
      versions: readRivalVersions(),
      form: formOf(options),
      source: hashSource(),
    };
    const seconds = runs.reduce((sum, { scenario, plan }) => sum + planSeconds(plan, scenario.contenders.length), 0);
    console.log(
      `${formatMachine(conditions.machine)}, servers on Node ${node.version}` +
        `${base === undefined ? '' : `, base ${base.commit}`}; about ${Math.ceil(seconds / 60)} minutes\n`,
    );
    const rivals = new Map([...RIVALS, hyperionBase].map((rival) => [rival.name, rival]));
    const measureOptions: MeasureOptions = {
      node,
      loopsPerMs: measureLoopsPerMs(),
      hyperionUrl: own.indexUrl,
      ...(base === undefined ? {} : { baseUrl: base.indexUrl }),
      progress: (line) => console.error(line),
    };
    const results: ScenarioResult[] = [];
    for (const chosen of runs) {
      const { scenario, plan } = chosen;
      const before = options.writesDocs && !options.isFresh ? readRecord(scenario.name) : undefined;
      if (before !== undefined && before.result.failures.length === 0 && isSameRun(before.conditions, conditions)) {
        console.error(`${scenario.name}: measured already (--fresh measures again)`);
        continue;
      }
      const result = await measureScenario(scenario, rivals, plan, measureOptions);
      results.push(result);
      print(chosen, result);
      if (!options.writesDocs) continue;
      writeRecord({ conditions, plan, finishedAt: new Date().toISOString(), result });
      // After every scenario: what a run that is stopped leaves behind is whole.
      writePages(allRecords());
    }
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ conditions, results }, undefined, 2)}\n`);
    }
    return results;
  } finally {
    own.remove();
    base?.remove();
  }
};

await runCommand(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (options.wantsHelp) return console.log(USAGE);
  if (options.onlyRedraws) return writePages(allRecords());
  const known = RIVALS.map(({ name }) => name);
  const unknown = options.against?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`No rival ${unknown}; there are ${known.join(', ')}`);
  const results = await measureAll(chooseRuns(SCENARIOS, options), options);
  if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
});
