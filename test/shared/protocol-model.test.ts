/**
 * The shared-memory protocol, model-checked: the real acceptor and the real pull loop are run one
 * access at a time, in all interleavings, with deaths, resets, half-closes and handlers that have had
 * their time at every step. Nothing may be lost, run twice, copied from another's entry, written
 * without the right or left undone (`helpers/model/checks.ts` has all of it). Then mistakes are made
 * on purpose, and must be found.
 *
 * What is not in the model: blocked replies, real sockets of lent connections.
 */
import test, { type ExecutionContext } from 'ava';
import { isLong } from '../helpers/amounts.ts';
import type { Configuration } from '../helpers/model/configuration.ts';
import { search, type Outcome } from '../helpers/model/search.ts';
import { FOUND, HARMLESS, LARGE, SMALL } from '../helpers/model/searches.ts';
import { tell } from '../helpers/model/story.ts';
import { World } from '../helpers/model/world.ts';

const MOST_STATES = 150_000;
/** About 1.3 GB and a minute each. */
const MOST_STATES_LONG = 3_000_000;

const run = (t: ExecutionContext, configuration: Configuration, most: number): Outcome => {
  const world = new World(configuration);
  const outcome = search(world, most);
  const { states, isComplete, ends, nodes, merges, fault } = outcome;
  t.log(
    `${states} states${isComplete ? '' : ' (not all)'}, ${ends} ends, ${nodes} runs of code, ${merges} checked again`,
  );
  if (fault !== undefined && configuration.mistake === undefined) t.log(tell(world, fault.moves));
  return outcome;
};

for (const [title, configuration] of Object.entries(SMALL)) {
  test.serial(`no fault: ${title}`, (t) => {
    const { fault, isComplete, ends } = run(t, configuration, MOST_STATES);
    t.is(fault?.complaint, undefined);
    t.true(isComplete);
    t.true(ends > 0);
  });
}

for (const [title, { configuration, complaint }] of Object.entries(FOUND)) {
  test.serial(`found: ${title}`, (t) => {
    t.regex(run(t, configuration, MOST_STATES).fault?.complaint ?? 'nothing', complaint);
  });
}

test.serial('harmless: no ring after a death', (t) => {
  const { fault, isComplete } = run(t, HARMLESS, MOST_STATES);
  t.is(fault?.complaint, undefined);
  t.true(isComplete);
});

if (isLong) {
  for (const [title, configuration] of Object.entries(LARGE)) {
    test.serial(`no fault: ${title}`, (t) => {
      t.is(run(t, configuration, MOST_STATES_LONG).fault?.complaint, undefined);
    });
  }
}
