import test from 'ava';
import { KnownConnections } from '../../src/app-adapter/known-connections.ts';
import type { ConnectionAddresses } from '../../src/app-adapter/loan.ts';

const ADDRESSES = {} as ConnectionAddresses;

test('a connection is known by its slot and its serial number', (t) => {
  const known = new KnownConnections();
  const first = known.add(3, 1, ADDRESSES);
  t.is(known.find(3, 1), first);
  t.is(known.find(3, 2), undefined);
  t.is(known.find(4, 1), undefined);
  const second = known.add(3, 2, ADDRESSES);
  t.is(known.find(3, 2), second);
  t.is(known.find(3, 1), undefined);
});

test('of too many, those known longest are forgotten; a slot that was taken anew is young', (t) => {
  const known = new KnownConnections();
  for (let slot = 0; slot < 4096; slot += 1) known.add(slot, slot, ADDRESSES);
  const anew = known.add(0, -1, ADDRESSES);
  known.add(5000, 7, ADDRESSES);
  t.is(known.find(0, -1), anew);
  t.is(known.find(1, 1), undefined);
  t.not(known.find(2, 2), undefined);
  t.not(known.find(5000, 7), undefined);
});
