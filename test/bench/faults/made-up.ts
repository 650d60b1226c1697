/** Records of the fault bench as nobody measured them. */
import type { FaultRecord, Place } from '../../../bench/faults/records.ts';
import type { FaultResult, PhaseReport } from '../../../bench/faults/types.ts';
import { summarisePhase } from '../../../bench/faults/light-report.ts';
import type { Conditions } from '../../../bench/report/records.ts';

export const CONDITIONS: Conditions = {
  machine: { processor: 'a processor', cores: 2, memoryGigabytes: 8, kernel: 'linux', loadBefore: 0 },
  node: '26.0.0',
  generatorNode: '20.0.0',
  versions: { wattpm: '3.0.0' },
  form: 'faults',
  source: 'abc',
};

export const LOAD: FaultRecord['load'] = { seconds: 60, perSecond: 500, connections: 300, threads: 4 };

const PHASE: PhaseReport = {
  ...summarisePhase({ phase: 0, seconds: 1, giveUpAfterMs: 5_000 }, [], []),
  sent: 30_000,
  answered: { '200': 30_000 },
  untouchedShare: 1,
  p95Ms: 2,
};

export const resultAt = (place: Place, faulty: Partial<PhaseReport> = {}): FaultResult => ({
  ...place,
  quiet: PHASE,
  faulty: { ...PHASE, ...faulty },
  after: PHASE,
  outcomes: {},
  hasDied: false,
});

export const recordAt = (contender: string, fault: string, given: Partial<FaultRecord> = {}): FaultRecord => ({
  conditions: CONDITIONS,
  load: LOAD,
  finishedAt: '2026-01-01T00:00:00.000Z',
  result: resultAt({ fault, contender }),
  ...given,
});
