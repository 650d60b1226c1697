/** The order in which the fault bench measures, and what it leaves out. */
import test from 'ava';
import { chooseNamed, planFaults } from '../../../bench/faults/plan.ts';
import type { Fault, FaultContender } from '../../../bench/faults/types.ts';

const fault = (name: string, obstacle?: string): Fault => ({
  name,
  title: name,
  brief: name,
  isOfTheApp: true,
  unavailable: () => obstacle,
  start: () => {
    throw new Error('Nothing is measured here');
  },
});

const contender = (name: string, obstacle?: string): FaultContender => ({
  name,
  unavailable: (nodeMajor) => (obstacle === undefined ? undefined : `${obstacle} ${nodeMajor}`),
  launch: () => ({ command: ['node'] }),
  reloadSignal: name === 'watt' ? undefined : 'SIGHUP',
});

test('a server goes through all faults before the next begins', (t) => {
  const planned = planFaults([fault('throw'), fault('reload')], [contender('hyperion'), contender('watt')], 26);
  t.deepEqual(
    planned.map((one) => `${one.contender.name} ${one.fault.name} ${one.obstacle ?? ''}`.trim()),
    ['hyperion throw', 'hyperion reload', 'watt throw', 'watt reload there is no signal for it'],
  );
});

test('what is left out says why: the server first, then the fault', (t) => {
  const planned = planFaults(
    [fault('throw'), fault('flood', 'no water')],
    [contender('hyperion'), contender('watt', 'not on')],
    20,
  );
  t.deepEqual(
    planned.map(({ obstacle }) => obstacle),
    [undefined, 'no water', 'not on 20', 'not on 20'],
  );
});

test('names are taken in the order that is known; all without one', (t) => {
  const known = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  t.deepEqual(chooseNamed(known, ['c', 'a']), [{ name: 'a' }, { name: 'c' }]);
  t.is(chooseNamed(known, []), known);
  t.throws(() => chooseNamed(known, ['d']), { message: 'No d; there are a, b, c' });
});
