/**
 * The command `npm run bench:faults`, see `options.ts` for what it takes. One fault after the other,
 * each at every contender; prints a table of each, and a whole run writes `docs/benchmarks`. Exits
 * with 1 if this project breaks a promise.
 */
import { writeFileSync } from 'node:fs';
import { copyOwnTree } from '../built-trees.ts';
import { describeMachine, formatMachine } from '../machine.ts';
import { chooseNode } from '../node-versions.ts';
import { hashSource, readRivalVersions, type Conditions } from '../report/records.ts';
import { CONTENDERS } from './contenders.ts';
import { FAULTS } from './faults.ts';
import { findBroken } from './judge.ts';
import { measureFault } from './measure.ts';
import { parseFaultOptions, USAGE, type FaultOptions } from './options.ts';
import { formatFault, writeFaultPages, type FaultRun } from './page.ts';
import type { Fault, FaultContender, FaultResult } from './types.ts';

const choose = <T extends { readonly name: string }>(known: readonly T[], wanted: readonly string[]): readonly T[] => {
  const unknown = wanted.find((name) => !known.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`No ${unknown}; there are ${known.map(({ name }) => name).join(', ')}`);
  return wanted.length === 0 ? known : known.filter(({ name }) => wanted.includes(name));
};

const run = async (options: FaultOptions): Promise<void> => {
  const node = chooseNode(options.node);
  const skipped: string[] = [];
  const usable = <T extends Fault | FaultContender>(all: readonly T[], why: (one: T) => string | undefined): T[] =>
    all.filter((one) => {
      const reason = why(one);
      if (reason !== undefined) skipped.push(`${one.name}, ${reason}`);
      return reason === undefined;
    });
  const contenders = usable(choose(CONTENDERS, options.against ?? []), (one) => one.unavailable(node.major));
  const faults = usable(choose(FAULTS, options.faults), (one) => one.unavailable?.());
  const conditions: Conditions = {
    machine: describeMachine(),
    node: node.version,
    generatorNode: process.versions.node,
    versions: readRivalVersions(),
    form: 'faults',
    source: hashSource(),
  };
  const { seconds, perSecond, connections, threads } = options;
  console.log(`${formatMachine(conditions.machine)}, servers on Node ${node.version}\n`);
  for (const line of skipped) console.log(`Left out: ${line}\n`);
  const own = copyOwnTree();
  const results: FaultResult[] = [];
  const told = (): FaultRun => {
    const finishedAt = new Date().toISOString();
    return { conditions, finishedAt, seconds, perSecond, connections, threads, results, skipped };
  };
  try {
    for (const fault of faults) {
      const ofThisFault: FaultResult[] = [];
      for (const contender of contenders) {
        if (fault.name === 'reload' && contender.reloadSignal === undefined) {
          skipped.push(`${contender.name} with ${fault.name}, there is no signal for it`);
          continue;
        }
        console.error(`${fault.name}: ${contender.name}`);
        try {
          const measureOptions = { ...options, node: node.path, hyperionUrl: own.indexUrl };
          ofThisFault.push(await measureFault(contender, fault, measureOptions));
        } catch (error) {
          skipped.push(`${contender.name} with ${fault.name}: ${String(error).split('\n')[0]}`);
          console.error(error);
          process.exitCode = 1;
        }
      }
      results.push(...ofThisFault);
      console.log(`${formatFault(fault, ofThisFault)}\n`);
      if (ofThisFault.some((result) => result.contender === 'hyperion' && findBroken(fault, result).length > 0)) {
        process.exitCode = 1;
      }
      // After every fault: what a run that is stopped leaves behind is whole.
      if (options.writesDocs) writeFaultPages(FAULTS, told());
    }
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(told(), undefined, 2)}\n`);
  } finally {
    own.remove();
  }
};

// 'exit' is where servers are ended that still run.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const options = parseFaultOptions(process.argv.slice(2));
if (options.wantsHelp) console.log(USAGE);
else await run(options);
