import test from 'ava';
import { mustRefuse } from '../../../src/acceptor/admission/admission.ts';

const refuses = test.macro({
  title: (_, pending: number, ready: number, maxPending: number, expected: boolean) =>
    `${pending} wait, ${ready} ready, at most ${maxPending}: ${expected ? 'refused' : 'admitted'}`,
  exec(t, pending: number, ready: number, maxPending: number, expected: boolean) {
    t.is(mustRefuse(pending, ready, maxPending), expected);
  },
});

// Nothing may wait: only what a thread is ready for.
test(refuses, 0, 0, 0, true);
test(refuses, 0, 1, 0, false);
test(refuses, 1, 1, 0, true);
test(refuses, 1, 2, 0, false);
// The usual: a burst of as many as may wait and are taken at once.
test(refuses, 3, 0, 4, false);
test(refuses, 4, 0, 4, true);
test(refuses, 4, 1, 4, false);
test(refuses, 5, 1, 4, true);
test(refuses, 5, 2, 4, false);
test(refuses, 1_000_000, 0, Number.POSITIVE_INFINITY, false);
