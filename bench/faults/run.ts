/**
 * The command `npm run bench:faults`, see `options.ts` for what it takes. One server after the
 * other, each with every fault; prints a line of each measurement and the tables at the end, and a
 * whole run writes `docs/benchmarks`. Exits with 1 if this project breaks a promise.
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
import { formatFault, formatFaultPage, writeFaultPage } from './page.ts';
import { describeLeftOut } from './places.ts';
import { chooseNamed, planFaults, type Planned } from './plan.ts';
import {
  findRecord,
  inOrder,
  isSameMeasurement,
  NO_RECORDS,
  readFaultRecords,
  withFailure,
  withLeftOut,
  withRecord,
  writeFaultRecords,
  type FaultLoad,
  type FaultRecord,
  type FaultRecords,
  type LeftOut,
  type Place,
} from './records.ts';
import { formatLosses } from './summary.ts';
import { runCommand } from '../run-command.ts';

type Change = (all: FaultRecords) => FaultRecords;

const placeOf = ({ fault, contender }: Planned): Place => ({ fault: fault.name, contender: contender.name });

/** The file is read again for each change: somebody may have drawn it anew, or measured something else. */
const changeDocs = (change: Change): void => {
  const all = inOrder(change(readFaultRecords()), FAULTS, CONTENDERS);
  writeFaultRecords(all);
  writeFaultPage(formatFaultPage(FAULTS, CONTENDERS, all));
};

const print = (planned: readonly Planned[], all: FaultRecords): void => {
  const results = inOrder(all, FAULTS, CONTENDERS)
    .records.map(({ result }) => result)
    .filter(({ fault, contender }) =>
      planned.some((one) => one.fault.name === fault && one.contender.name === contender),
    );
  for (const fault of FAULTS) {
    const ofThisFault = results.filter((result) => result.fault === fault.name);
    if (ofThisFault.length > 0) console.log(`\n${formatFault(fault, ofThisFault)}`);
    const own = ofThisFault.find(({ contender }) => contender === 'hyperion');
    if (own !== undefined && findBroken(fault, own).length > 0) process.exitCode = 1;
  }
};

const run = async (options: FaultOptions): Promise<void> => {
  const node = chooseNode(options.node);
  const contenders = chooseNamed(CONTENDERS, options.against ?? []);
  const planned = planFaults(chooseNamed(FAULTS, options.faults), contenders, node.major);
  const conditions: Conditions = {
    machine: describeMachine(),
    node: node.version,
    generatorNode: process.versions.node,
    versions: readRivalVersions(),
    form: 'faults',
    source: hashSource(),
  };
  const { seconds, perSecond, connections, threads } = options;
  const load: FaultLoad = { seconds, perSecond, connections, threads };
  const leftOut = planned.flatMap((one): LeftOut[] =>
    one.obstacle === undefined ? [] : [{ ...placeOf(one), reason: one.obstacle }],
  );
  console.log(`${formatMachine(conditions.machine)}, servers on Node ${node.version}\n`);
  for (const line of describeLeftOut(leftOut, planned.map(placeOf))) console.log(`Left out: ${line}\n`);
  /** Of this run, beside the docs. */
  let own = NO_RECORDS;
  const change = (next: Change): void => {
    own = next(own);
    if (options.writesDocs) changeDocs(next);
  };
  const isThere = (place: Place): boolean => {
    if (!options.writesDocs || options.isFresh) return false;
    const before = findRecord(readFaultRecords(), place);
    return before !== undefined && isSameMeasurement(before, { conditions, load });
  };
  const tree = copyOwnTree();
  try {
    change((all) => leftOut.reduce(withLeftOut, all));
    for (const { fault, contender, obstacle } of planned) {
      if (obstacle !== undefined) continue;
      const place = { fault: fault.name, contender: contender.name };
      if (isThere(place)) {
        console.error(`${fault.name}: ${contender.name}: measured already (--fresh measures again)`);
        continue;
      }
      console.error(`${fault.name}: ${contender.name}`);
      try {
        const result = await measureFault(contender, fault, {
          ...load,
          node: node.path,
          hyperionUrl: tree.indexUrl,
        });
        const record: FaultRecord = { conditions, load, finishedAt: new Date().toISOString(), result };
        console.log(formatLosses(result));
        // After every measurement: what a run that is stopped leaves behind is whole.
        change((all) => withRecord(all, record));
      } catch (error) {
        const reason =
          String(error)
            .replace(/^(?:Error: )+/, '')
            .split('\n')[0] ?? '';
        change((all) => withFailure(all, { ...place, reason }));
        console.error(error);
        process.exitCode = 1;
      }
    }
    print(planned, options.writesDocs ? readFaultRecords() : own);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(own, undefined, 2)}\n`);
  } finally {
    tree.remove();
  }
};

await runCommand(async () => {
  const options = parseFaultOptions(process.argv.slice(2));
  if (options.wantsHelp) return console.log(USAGE);
  if (options.onlyRedraws) return writeFaultPage(formatFaultPage(FAULTS, CONTENDERS, readFaultRecords()));
  await run(options);
});
