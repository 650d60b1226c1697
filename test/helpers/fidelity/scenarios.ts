/** All scenarios of the differential test. */
import { bodies } from './scenarios/bodies.ts';
import { contexts } from './scenarios/contexts.ts';
import { destroying } from './scenarios/destroying.ts';
import { leaving } from './scenarios/leaving.ts';
import { options } from './scenarios/options.ts';
import { replies } from './scenarios/replies.ts';
import { streams } from './scenarios/streams.ts';
import { throwing } from './scenarios/throwing.ts';
import { timeouts } from './scenarios/timeouts.ts';
import { writing } from './scenarios/writing.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  ...replies,
  ...writing,
  ...bodies,
  ...leaving,
  ...destroying,
  ...streams,
  ...throwing,
  ...timeouts,
  ...options,
  ...contexts,
];
