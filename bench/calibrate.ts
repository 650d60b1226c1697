/** How many turns of the loop in `apps/work.mjs` take a millisecond: best of several, as others may use the machine. */
const TURNS = 4_000_000;
const TRIES = 9;

export const measureLoopsPerMs = (): number => {
  let sink = 0;
  const run = (): number => {
    const began = performance.now();
    let value = 1;
    for (let turn = 0; turn < TURNS; turn += 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
    sink += value;
    return performance.now() - began;
  };
  const best = Math.min(...Array.from({ length: TRIES }, run));
  if (Number.isNaN(sink)) throw new Error('The loop was left out');
  return Math.round(TURNS / best);
};
