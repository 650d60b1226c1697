/** Whether a run can be had again: `node build/bench/compare-runs.js FIRST.json SECOND.json` (of `--json`). */
import { readFileSync } from 'node:fs';
import { compareRuns } from './report/noise.ts';
import type { ScenarioResult } from './types.ts';

const read = (path = ''): readonly ScenarioResult[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as { readonly results: readonly ScenarioResult[] }).results;

const [, , first, second] = process.argv;
console.log(compareRuns(read(first), read(second)));
