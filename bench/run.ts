/**
 * The command: `npm run bench -- [scenario ...] [--against rival,rival] [--rounds n] [--seconds n]
 * [--quick] [--node program] [--json file]`. Prints one table a scenario, medians of the rounds;
 * with --json also every measurement.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine, formatMachine } from './machine.ts';
import { measureScenario } from './measure.ts';
import { RIVALS } from './rivals/index.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { formatResult } from './table.ts';
import type { ScenarioResult } from './types.ts';

/** Three are the least that have a median; two keep the quick form below three minutes. */
const ROUNDS = 3;
const QUICK = { rounds: 2, seconds: 3, warmUpSeconds: 2 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
    json: { type: 'string' },
  },
});

const pickByName = <T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
  what: string,
): T[] =>
  names.map((name) => {
    const found = all.find((item) => item.name === name);
    if (found === undefined)
      throw new Error(`No ${what} ${name}; there are ${all.map((item) => item.name).join(', ')}`);
    return found;
  });

const scenarios =
  positionals.length > 0
    ? pickByName(SCENARIOS, positionals, 'scenario')
    : pickByName(SCENARIOS, ['hello', 'mixed'], 'scenario');
const rivals =
  values.against === undefined ? RIVALS : pickByName(RIVALS, ['hyperion', ...values.against.split(',')], 'rival');
const rivalsByName = new Map(rivals.map((rival) => [rival.name, rival]));

const machine = describeMachine();
console.log(`${formatMachine(machine)}${values.node === process.execPath ? '' : `, servers on ${values.node}`}\n`);

const results: ScenarioResult[] = [];
for (const scenario of scenarios) {
  const result = await measureScenario(scenario, rivalsByName, {
    rounds: values.rounds !== undefined ? Number(values.rounds) : values.quick ? QUICK.rounds : ROUNDS,
    seconds: values.seconds !== undefined ? Number(values.seconds) : values.quick ? QUICK.seconds : scenario.seconds,
    warmUpSeconds: values.quick ? QUICK.warmUpSeconds : scenario.warmUpSeconds,
    node: values.node,
    progress: (line) => console.error(line),
  });
  results.push(result);
  console.log(formatResult(result));
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
