/** How many turns of the loop in `apps/work.mjs`, which this is, take a millisecond: best of several, as others may use the machine. */
const BLOCK_TURNS = 1_000;
const TURNS = 4_000_000;
const TRIES = 9;

const churn = (start: number): number => {
  let value = start;
  for (let turn = 0; turn < BLOCK_TURNS; turn += 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
};

export const measureLoopsPerMs = (): number => {
  let sink = 1;
  const run = (): number => {
    const began = performance.now();
    for (let left = TURNS; left > 0; left -= BLOCK_TURNS) sink = churn(sink);
    return performance.now() - began;
  };
  const best = Math.min(...Array.from({ length: TRIES }, run));
  if (Number.isNaN(sink)) throw new Error('The loop was left out');
  return Math.round(TURNS / best);
};
