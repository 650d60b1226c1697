/**
 * CPU time and memory of a process with all its descendants, from /proc. A cluster's work is done
 * by its children: counting the parent alone would flatter it.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface TreeUsage {
  readonly cpuSeconds: number;
  readonly memory: {
    /** The sum of the processes' RSS: pages that several processes share count several times. */
    readonly residentMegabytes: number;
    /** The sum of their PSS: shared pages count once. What the machine has less of. */
    readonly proportionalMegabytes: number;
  };
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface ProcessStat {
  readonly parent: number;
  readonly ticks: number;
}

/** Empty for a process that has gone meanwhile. */
const readProcessFile = (pid: number, name: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
};

const readStat = (pid: number): ProcessStat | undefined => {
  const text = readProcessFile(pid, 'stat');
  if (text === '') return undefined;
  // The name in parentheses may hold anything: the fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // 4 parent; 14 user, 15 system; 16 and 17: those of children that have ended and were waited for.
  return { parent: Number(fields[1]), ticks: [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) };
};

const processTree = (root: number): number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = readStat(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
};

const megabytes = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;

export const readTreeUsage = (root: number): TreeUsage => {
  const tree = processTree(root);
  const sum = (value: (pid: number) => number): number => tree.reduce((total, pid) => total + value(pid), 0);
  return {
    cpuSeconds: sum((pid) => readStat(pid)?.ticks ?? 0) / ticksPerSecond,
    memory: {
      residentMegabytes: sum((pid) => megabytes(readProcessFile(pid, 'status'), 'VmRSS')),
      proportionalMegabytes: sum((pid) => megabytes(readProcessFile(pid, 'smaps_rollup'), 'Pss')),
    },
  };
};
