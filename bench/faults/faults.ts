/** All faults, in the order in which they are injected. */
import { CLIENT_FAULTS } from './bad-clients.ts';
import { APP_FAULTS } from './deadly-requests.ts';
import { OUT_OF_DESCRIPTORS } from './descriptors.ts';
import { SLOW_ATTACKS } from './slowhttptest.ts';
import type { Fault } from './types.ts';

export const FAULTS: readonly Fault[] = [...APP_FAULTS, OUT_OF_DESCRIPTORS, ...CLIENT_FAULTS, ...SLOW_ATTACKS];
