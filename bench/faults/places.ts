/** Many faults at many servers in few words. Pure. */
import type { LeftOut, Place } from './records.ts';

const unique = (names: readonly string[]): string[] => [...new Set(names)];

const groupBy = <T>(all: readonly T[], keyOf: (one: T) => string): T[][] => {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups.values()];
};

const isWhole = (part: readonly Place[], all: readonly Place[], key: 'fault' | 'contender', name: string): boolean => {
  const count = (places: readonly Place[]): number => places.filter((place) => place[key] === name).length;
  return count(part) === count(all);
};

/**
 * In: some of all places. Out: `watt` where all of its places are among them, `throw, exit` where all
 * places of these faults are, and else `watt with throw, exit`; several of these with `; ` between.
 */
export const describePlaces = (part: readonly Place[], all: readonly Place[]): string => {
  const ofEach = unique(part.map(({ contender }) => contender)).map((contender) => ({
    contender,
    faults: part.filter((place) => place.contender === contender).map(({ fault }) => fault),
  }));
  const alike = groupBy(ofEach, ({ contender, faults }) =>
    isWhole(part, all, 'contender', contender) ? '' : faults.join(),
  );
  return alike
    .map((group) => {
      const contenders = group.map(({ contender }) => contender);
      const faults = group[0]?.faults ?? [];
      if (contenders.every((name) => isWhole(part, all, 'contender', name))) return contenders.join(', ');
      if (contenders.length === ofEach.length && faults.every((name) => isWhole(part, all, 'fault', name)))
        return faults.join(', ');
      return `${contenders.join(', ')} with ${faults.join(', ')}`;
    })
    .join('; ');
};

/** A line for each reason. */
export const describeLeftOut = (leftOut: readonly LeftOut[], all: readonly Place[]): string[] =>
  groupBy(leftOut, ({ reason }) => reason).map(
    (group) => `${describePlaces(group, all)}: ${group[0]?.reason ?? 'for no reason'}`,
  );
