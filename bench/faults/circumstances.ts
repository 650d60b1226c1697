/** Under which conditions what was measured: records of several runs may stand side by side. Pure. Out: Markdown. */
import { formatMachine } from '../machine.ts';
import { describePlaces } from './places.ts';
import { isSameMeasurement, type FaultRecord, type Place } from './records.ts';

const minuteOf = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

const placesOf = (records: readonly FaultRecord[]): Place[] => records.map(({ result }) => result);

/** Those that one run would have kept of another. */
const groupAlike = (records: readonly FaultRecord[]): FaultRecord[][] => {
  const groups: FaultRecord[][] = [];
  for (const record of records) {
    const group = groups.find(([first]) => first !== undefined && isSameMeasurement(first, record));
    if (group === undefined) groups.push([record]);
    else group.push(record);
  }
  return groups;
};

const describeOne = (records: readonly FaultRecord[]): string => {
  const [first] = records;
  if (first === undefined) return '';
  const { load, conditions } = first;
  const watts = records.flatMap(({ result, conditions: { versions } }) =>
    result.contender === 'watt' && versions['wattpm'] !== undefined ? [versions['wattpm']] : [],
  );
  const loads = records.map((record) => record.conditions.machine.loadBefore);
  const isOneRun = new Set(loads).size === 1;
  const finished = records.map(({ finishedAt }) => minuteOf(finishedAt)).sort();
  const [begin = '', end = ''] = [finished.at(0), finished.at(-1)];
  return [
    `- Load: ${load.perSecond} requests a second on ${load.connections} connections; each server has ${load.threads} threads or processes; each fault goes on for ${load.seconds} s.`,
    `- Machine: ${formatMachine({ ...conditions.machine, loadBefore: Math.max(...loads) })}${isOneRun ? '' : ' (of several runs, the highest)'}.`,
    `- Servers on Node ${conditions.node}, the load generator on Node ${conditions.generatorNode}. Product code ${conditions.source}.`,
    ...(watts.length === 0 ? [] : [`- Watt ${[...new Set(watts)].join(', ')}.`]),
    `- Finished ${begin === end ? end : `from ${begin} to ${end}`} UTC.`,
  ].join('\n');
};

/** A list for each set of conditions; where there are several, each after what it is of. */
export const describeCircumstances = (records: readonly FaultRecord[]): string[] => {
  const groups = groupAlike(records);
  if (groups.length < 2) return groups.map(describeOne);
  return groups.flatMap((group) => [`Of ${describePlaces(placesOf(group), placesOf(records))}:`, describeOne(group)]);
};
