import test from 'ava';
import { chooseRuns, pickScenarios } from '../../bench/choose.ts';
import { parseOptions } from '../../bench/options.ts';
import { planSeconds } from '../../bench/plan.ts';
import { SCENARIOS } from '../../bench/scenarios/index.ts';

const choose = (...args: string[]): ReturnType<typeof chooseRuns> => chooseRuns(SCENARIOS, parseOptions(args));

/** Less than three minutes, with the half that building takes. */
const QUICK_SECONDS = 150;

test('a scenario is chosen by its name or by what stands before a hyphen in it', (t) => {
  const names = (...given: string[]): string[] => pickScenarios(SCENARIOS, given).map(({ name }) => name);
  t.deepEqual(names('cpu'), ['cpu-1ms', 'cpu-5ms', 'cpu-20ms']);
  t.deepEqual(names('idle', 'idle'), ['idle']);
  t.throws(() => names('cp'), { message: /No scenario cp; there are .*idle/ });
});

test('every scenario has a name of its own and hyperion in it', (t) => {
  t.is(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
  for (const { name, contenders } of SCENARIOS)
    t.true(
      contenders.some(({ rival }) => rival === 'hyperion'),
      name,
    );
});

test('without arguments all is measured, and written down', (t) => {
  t.is(choose().length, SCENARIOS.length);
  t.true(parseOptions([]).writesDocs);
  t.false(parseOptions(['idle']).writesDocs);
  t.true(parseOptions(['idle', '--docs']).writesDocs);
  t.false(parseOptions(['--base', 'main']).writesDocs);
});

test('--minutes makes measurements shorter', (t) => {
  const total = (runs: ReturnType<typeof choose>): number =>
    runs.reduce((sum, { scenario, plan }) => sum + planSeconds(plan, scenario.contenders.length), 0);
  t.true(total(choose('--minutes', '30')) <= 30 * 60);
  t.true(total(choose('--minutes', '30')) > 20 * 60);
});

for (const args of [['--quick'], ['--quick', '--base', 'main']]) {
  test(`${args.join(' ')} takes less than three minutes`, (t) => {
    const seconds = choose(...args).reduce(
      (sum, { scenario, plan }) => sum + planSeconds(plan, scenario.contenders.length),
      0,
    );
    t.true(seconds <= QUICK_SECONDS, `${seconds} s`);
  });
}

test('--base sets every contender of ours beside itself', (t) => {
  const [run] = choose('hello', '--base', 'main');
  t.deepEqual(
    run?.scenario.contenders.map(({ rival, threads }) => `${rival} ${threads}`),
    ['hyperion 1', 'base 1', 'hyperion 2', 'base 2'],
  );
  t.true((run?.plan.rounds ?? 0) >= 9);
});

test('--against leaves hyperion and the named', (t) => {
  const [run] = choose('hello', '--against', 'bun');
  t.deepEqual([...new Set(run?.scenario.contenders.map(({ rival }) => rival))], ['hyperion', 'bun']);
});

test('a wrong number is an error that names it', (t) => {
  t.throws(() => parseOptions(['--rounds', 'many']), { message: /--rounds.*'many'/ });
});
