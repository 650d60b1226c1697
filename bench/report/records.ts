/**
 * What a run leaves behind: one JSON file a scenario in `docs/benchmarks/results`. A later run of
 * the same code in the same form takes it up again where it stopped.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installedPath } from '../installed.ts';
import type { Machine } from '../machine.ts';
import type { Plan } from '../plan.ts';
import type { ScenarioResult } from '../types.ts';

export interface Conditions {
  readonly machine: Machine;
  /** Of the servers, and of the generator. */
  readonly node: string;
  readonly generatorNode: string;
  /** Of the rivals that are installed. */
  readonly versions: Readonly<Record<string, string>>;
  /** `full`, `45 minutes` or `quick`. */
  readonly form: string;
  /** Tells one state of the product's code from another. */
  readonly source: string;
}

export interface ResultRecord {
  readonly conditions: Conditions;
  readonly plan: Plan;
  readonly finishedAt: string;
  readonly result: ScenarioResult;
}

export const PAGES_URL = new URL('../../../docs/benchmarks/', import.meta.url);
const fileOf = (scenario: string): URL => new URL(`results/${scenario}.json`, PAGES_URL);

/** Undefined if there is none. */
export const readRecord = (scenario: string): ResultRecord | undefined =>
  existsSync(fileOf(scenario)) ? (JSON.parse(readFileSync(fileOf(scenario), 'utf8')) as ResultRecord) : undefined;

export const writeRecord = (record: ResultRecord): void => {
  mkdirSync(new URL('results/', PAGES_URL), { recursive: true });
  writeFileSync(fileOf(record.result.scenario), `${JSON.stringify(record, undefined, 1)}\n`);
};

export const isSameRun = (a: Conditions, b: Conditions): boolean =>
  a.source === b.source && a.form === b.form && a.node === b.node && a.machine.processor === b.machine.processor;

/** Of the compiled product: what is measured. */
export const hashSource = (): string => {
  const folder = fileURLToPath(new URL('../../src/', import.meta.url));
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  for (const name of files.sort()) hash.update(name).update(readFileSync(folder + name));
  return hash.digest('hex').slice(0, 12);
};

const PACKAGES = [
  'wattpm',
  '@platformatic/node',
  '@oven/bun-linux-x64',
  'fastify',
  '@fastify/under-pressure',
  'piscina',
  'express',
];

export const readRivalVersions = (): Record<string, string> =>
  Object.fromEntries(
    PACKAGES.flatMap((name) => {
      const file = installedPath(`${name}/package.json`);
      if (!existsSync(file)) return [];
      return [[name, (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version]];
    }),
  );
