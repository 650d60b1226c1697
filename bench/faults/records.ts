/**
 * What fault runs leave behind: `docs/benchmarks/results/faults.json`, a record for each fault at
 * each server, with the conditions that it was measured under. A later run of the same code puts its
 * own beside them, and does not measure again what is there. Pure but for reading and writing.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isSameRun, PAGES_URL, type Conditions } from '../report/records.ts';
import type { FaultResult } from './types.ts';

/** The load, and how large a server. */
export interface FaultLoad {
  /** Of the fault; the load goes on for some more before and after it. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly connections: number;
  readonly threads: number;
}

export interface FaultRecord {
  readonly conditions: Conditions;
  readonly load: FaultLoad;
  readonly finishedAt: string;
  readonly result: FaultResult;
}

/** One fault at one server, by their names. */
export interface Place {
  readonly fault: string;
  readonly contender: string;
}

export interface LeftOut extends Place {
  readonly reason: string;
}

/** At most one of the two for each place. */
export interface FaultRecords {
  readonly records: readonly FaultRecord[];
  readonly leftOut: readonly LeftOut[];
}

export const NO_RECORDS: FaultRecords = { records: [], leftOut: [] };

const isAt =
  (place: Place) =>
  ({ fault, contender }: Place): boolean =>
    fault === place.fault && contender === place.contender;

export const findRecord = ({ records }: FaultRecords, place: Place): FaultRecord | undefined =>
  records.find(({ result }) => isAt(place)(result));

const without = ({ records, leftOut }: FaultRecords, place: Place): FaultRecords => ({
  records: records.filter(({ result }) => !isAt(place)(result)),
  leftOut: leftOut.filter((one) => !isAt(place)(one)),
});

/** In the place of what was there, be it a result or a reason why there was none. */
export const withRecord = (all: FaultRecords, record: FaultRecord): FaultRecords => {
  const { records, leftOut } = without(all, record.result);
  return { records: [...records, record], leftOut };
};

/** It was tried and failed: nor does an older result stand for it. */
export const withFailure = (all: FaultRecords, failure: LeftOut): FaultRecords => {
  const { records, leftOut } = without(all, failure);
  return { records, leftOut: [...leftOut, failure] };
};

/** It was not tried: an older result stays, and needs no reason. */
export const withLeftOut = (all: FaultRecords, one: LeftOut): FaultRecords =>
  findRecord(all, one) === undefined ? withFailure(all, one) : all;

type Names = readonly { readonly name: string }[];

/** Faults in their order, contenders in theirs; what there is no longer is dropped. */
export const inOrder = ({ records, leftOut }: FaultRecords, faults: Names, contenders: Names): FaultRecords => {
  const places = faults.flatMap(({ name }) => contenders.map((one): Place => ({ fault: name, contender: one.name })));
  return {
    records: places.flatMap((place) => records.filter(({ result }) => isAt(place)(result))),
    leftOut: places.flatMap((place) => leftOut.filter(isAt(place))),
  };
};

type Circumstances = Pick<FaultRecord, 'conditions' | 'load'>;

/** Whether measuring again would only say the same. How busy the machine was does not count. */
export const isSameMeasurement = (a: Circumstances, b: Circumstances): boolean =>
  isSameRun(a.conditions, b.conditions) &&
  a.conditions.machine.cores === b.conditions.machine.cores &&
  (['seconds', 'perSecond', 'connections', 'threads'] as const).every((name) => a.load[name] === b.load[name]);

const FILE_URL = new URL('results/faults.json', PAGES_URL);

export const readFaultRecords = (): FaultRecords =>
  existsSync(FILE_URL) ? (JSON.parse(readFileSync(FILE_URL, 'utf8')) as FaultRecords) : NO_RECORDS;

export const writeFaultRecords = (all: FaultRecords): void => {
  mkdirSync(new URL('.', FILE_URL), { recursive: true });
  // Whole or not at all: an hour's results are in it.
  const beside = new URL('results/faults.json.new', PAGES_URL);
  writeFileSync(beside, `${JSON.stringify(all, undefined, 1)}\n`);
  renameSync(beside, FILE_URL);
};
