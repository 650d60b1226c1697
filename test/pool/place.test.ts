import test from 'ava';
import { Place } from '../../src/pool/place.ts';

test('deaths leave a place empty for as long as the restart policy says', (t) => {
  const place = new Place();
  t.is(place.died(5000), 0);
  t.is(place.died(undefined), 100);
  t.is(place.died(undefined), 200);
  t.is(place.died(5000), 0);
});

test('a replacement that failed is tried again after growing pauses, and at once when one has succeeded', (t) => {
  const place = new Place();
  t.true(place.mayRecycle(0, 1000));
  place.recycleFailed(1000);
  t.false(place.mayRecycle(0, 1099));
  t.true(place.mayRecycle(0, 1100));
  place.recycleFailed(1100);
  t.false(place.mayRecycle(0, 1299));
  t.true(place.mayRecycle(0, 1300));
  place.recycled(60_000);
  t.true(place.mayRecycle(1300, 1300));
});

test('a place whose threads must be replaced again and again keeps each for a while', (t) => {
  const place = new Place();
  for (let nth = 1; nth <= 4; nth += 1) {
    if (nth < 4) t.true(place.mayRecycle(0, 0), `the ${nth}th`);
    place.recycled(10);
  }
  t.false(place.mayRecycle(0, 1999));
  t.true(place.mayRecycle(0, 2000));
  place.recycled(10_000);
  t.true(place.mayRecycle(0, 0), 'one that has served long begins anew');
});
