import test from 'ava';
import { compareRuns, formatNoise } from '../../../bench/report/noise.ts';
import { SCENARIOS } from '../../../bench/scenarios/index.ts';
import type { ScenarioResult } from '../../../bench/types.ts';
import { resultOf } from '../charts/made-up.ts';

const loan = (cpuScale = 1): ScenarioResult => {
  const scenario = SCENARIOS.find(({ name }) => name === 'loan');
  if (scenario === undefined) throw new Error('no loan');
  const result = resultOf(scenario);
  return {
    ...result,
    rows: result.rows.map((row) => ({
      ...row,
      rounds: row.rounds.map((one, round) => ({
        ...one,
        cpuMicrosecondsPerRequest:
          one.cpuMicrosecondsPerRequest * (row.rival === 'hyperion' ? cpuScale * (1 + round * 0.1) : 1),
      })),
    })),
  };
};

test('rounds that agree in their ratios have no noise, whatever the machine did', (t) => {
  // Made-up rounds differ by a tenth, but all servers' alike.
  t.regex(formatNoise([loan()]), /\| loan \| 0 % \| 9 % \|/);
});

test('two runs are compared by the ratios of their medians', (t) => {
  const lines = compareRuns([loan()], [loan(1.2)]);
  t.regex(lines, /\| loan \| node:http, 1 process \| requests\/s \| 2\.000 \| 2\.000 \| 0 % \|/);
  t.regex(lines, /\| CPU us\/request \| 2\.200 \| 2\.640 \| 20 % \|/);
});
