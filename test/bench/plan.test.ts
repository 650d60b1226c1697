import test from 'ava';
import { fitFactor, planSeconds, scalePlan, type Plan } from '../../bench/plan.ts';
import { SCENARIOS } from '../../bench/scenarios/index.ts';
import { fullPlan } from '../../bench/plan.ts';

const plan: Plan = { rounds: 9, seconds: 10, warmUpSeconds: 4 };

test('what fits is not made shorter', (t) => {
  t.is(fitFactor([{ plan, contenderCount: 2 }], 10), 1);
  t.deepEqual(scalePlan(plan, 1), plan);
});

test('what does not fit becomes shorter, and less often by less', (t) => {
  const half = planSeconds(plan, 2) / 60 / 2;
  const factor = fitFactor([{ plan, contenderCount: 2 }], half);
  const scaled = scalePlan(plan, factor);
  t.true(planSeconds(scaled, 2) <= half * 60);
  t.true(scaled.rounds < 9 && scaled.seconds < 10);
  t.is(scaled.warmUpSeconds, 4, 'what is not warm is not measured');
  t.true(scaled.rounds / 9 > scaled.seconds / 10);
});

test('three rounds and a second and a half are always left', (t) => {
  t.deepEqual(scalePlan(plan, 0.01), { rounds: 3, seconds: 1.5, warmUpSeconds: 4 });
  t.deepEqual(scalePlan({ rounds: 2, seconds: 1, warmUpSeconds: 0 }, 0.01), {
    rounds: 2,
    seconds: 1,
    warmUpSeconds: 0,
  });
});

test('all scenarios in full take an hour at most', (t) => {
  const seconds = SCENARIOS.map((scenario) => planSeconds(fullPlan(scenario), scenario.contenders.length));
  t.true(seconds.reduce((sum, one) => sum + one, 0) <= 3600);
});
