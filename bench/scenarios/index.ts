/** All scenarios, in the order of the documentation. */
import type { Scenario } from '../types.ts';
import { besideHeavy, besideHeavyAwait } from './beside-heavy.ts';
import { connectionPerRequest } from './connection-per-request.ts';
import { cpu } from './cpu.ts';
import { hello } from './hello.ts';
import { helloAutocannon } from './hello-autocannon.ts';
import { idle } from './idle.ts';
import { largeReply, largeUpload } from './large.ts';
import { loan, loanAlone } from './loan.ts';
import { memory } from './memory.ts';
import { mixed, mixedUnforeseen } from './mixed.ts';
import { overload } from './overload.ts';
import { dynamicRoute, staticRoute } from './routes.ts';
import { switching } from './switching.ts';

export const SCENARIOS: readonly Scenario[] = [
  mixed,
  mixedUnforeseen,
  besideHeavy,
  besideHeavyAwait,
  switching,
  overload,
  ...cpu,
  loan,
  loanAlone,
  hello,
  helloAutocannon,
  staticRoute,
  dynamicRoute,
  connectionPerRequest,
  largeReply,
  largeUpload,
  idle,
  memory,
];
