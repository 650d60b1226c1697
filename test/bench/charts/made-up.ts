/** Results as a run would leave them, for tests of tables and charts. */
import { labelOf } from '../../../bench/measure.ts';
import type { Measurement, Scenario, ScenarioResult } from '../../../bench/types.ts';
import { summarise } from '../../helpers/percentiles.ts';

const latency = (scale: number): Measurement['latencyMs'] => summarise([1, 2, 3, 10, 50].map((time) => time * scale));

const measurement = (scale = 1): Measurement => ({
  requests: 1000,
  seconds: 2,
  requestsPerSecond: 500 * scale,
  cpuMicrosecondsPerRequest: 20 * scale,
  latencyMs: latency(scale),
  lightMs: latency(scale / 2),
  errors: { closed: 0, status: 2 },
  smallestShare: 10,
  largestShare: 20,
  generatorCores: 0.3,
  memory: { residentMegabytes: 100 * scale, proportionalMegabytes: 80 * scale },
  figures: { kilobytesEach: 5, idleConnections: 100, residentMegabytes: 120, recoverySeconds: scale, sentLateMs: 1 },
  steps: [200, 400, 2000].map((offeredPerSecond) => ({
    offeredPerSecond,
    goodPerSecond: 150,
    accepted: latency(scale),
    refused: summarise([]),
    unserved: summarise(offeredPerSecond > 400 ? [2000] : []),
    givenUpPerSecond: 0,
  })),
});

/** Only an open loop has steps. */
const withoutSteps = ({ steps: _, ...rest }: Measurement): Measurement => rest;

/** Later contenders have larger figures; each has three rounds. */
export const resultOf = (scenario: Scenario): ScenarioResult => ({
  scenario: scenario.name,
  description: scenario.description,
  rows: scenario.contenders.map((contender, index) => ({
    rival: contender.rival,
    label: labelOf(contender),
    threads: contender.threads,
    rounds: [1, 1.1, 0.9]
      .map((noise) => measurement((index + 1) * noise))
      .map((one) => (scenario.name === 'overload' ? one : withoutSteps(one))),
  })),
  skipped: ['watt: not there'],
  failures: [],
  footnotes: ['A footnote.'],
});
