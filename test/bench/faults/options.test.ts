/** The command line of the fault bench. */
import test from 'ava';
import { parseFaultOptions } from '../../../bench/faults/options.ts';

test('a minute of each fault, written to the docs', (t) => {
  t.like(parseFaultOptions([]), { faults: [], seconds: 60, threads: 4, writesDocs: true });
});

test('a part, or a short run, is printed, unless --docs says otherwise', (t) => {
  t.like(parseFaultOptions(['throw', 'exit']), { faults: ['throw', 'exit'], writesDocs: false });
  t.false(parseFaultOptions(['--seconds', '5']).writesDocs);
  t.false(parseFaultOptions(['--against', 'hyperion,watt']).writesDocs);
  t.like(parseFaultOptions(['--seconds', '5', '--docs']), { seconds: 5, writesDocs: true });
  t.deepEqual(parseFaultOptions(['--against', 'hyperion,watt']).against, ['hyperion', 'watt']);
});

test('what is there is kept, unless it is to be fresh; or the page alone is made', (t) => {
  t.like(parseFaultOptions([]), { isFresh: false, onlyRedraws: false });
  t.true(parseFaultOptions(['--fresh']).isFresh);
  t.true(parseFaultOptions(['--redraw']).onlyRedraws);
});

test('numbers are above 0', (t) => {
  t.throws(() => parseFaultOptions(['--seconds', '0']), {
    message: "Expected --seconds to be a number above 0, got '0'",
  });
  t.throws(() => parseFaultOptions(['--rate', 'many']), { message: /--rate/ });
});
