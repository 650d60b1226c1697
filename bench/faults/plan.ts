/**
 * Which fault at which server, and in which order. This project goes through all its faults before
 * the next server begins: a run that is stopped early has the own results whole. Pure but for the
 * questions whether something can be measured here.
 */
import { UsageError } from '../options.ts';
import type { Fault, FaultContender } from './types.ts';

export interface Planned {
  readonly fault: Fault;
  readonly contender: FaultContender;
  /** Why it cannot be measured, or undefined. */
  readonly obstacle: string | undefined;
}

/** Those of these names, in the order in which they are known; all without a name. */
export const chooseNamed = <T extends { readonly name: string }>(
  known: readonly T[],
  wanted: readonly string[],
): readonly T[] => {
  const unknown = wanted.find((name) => !known.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`No ${unknown}; there are ${known.map(({ name }) => name).join(', ')}`);
  }
  return wanted.length === 0 ? known : known.filter(({ name }) => wanted.includes(name));
};

export const planFaults = (
  faults: readonly Fault[],
  contenders: readonly FaultContender[],
  nodeMajor: number,
): Planned[] => {
  // Each fault is asked once: some start a program for it.
  const asked = faults.map((fault) => ({ fault, ofFault: fault.unavailable?.() }));
  return contenders.flatMap((contender) => {
    const ofContender = contender.unavailable(nodeMajor);
    return asked.map(({ fault, ofFault }): Planned => {
      const cannotReload = fault.name === 'reload' && contender.reloadSignal === undefined;
      const obstacle = ofContender ?? ofFault ?? (cannotReload ? 'there is no signal for it' : undefined);
      return { fault, contender, obstacle };
    });
  });
};
