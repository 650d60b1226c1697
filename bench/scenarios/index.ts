/** All scenarios, in the order of the documentation. */
import type { Scenario } from '../types.ts';
import { hello } from './hello.ts';
import { helloAutocannon } from './hello-autocannon.ts';
import { mixed, mixedUnforeseen } from './mixed.ts';

export const SCENARIOS: readonly Scenario[] = [hello, helloAutocannon, mixed, mixedUnforeseen];
