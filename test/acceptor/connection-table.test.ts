import test from 'ava';
import type { Connection } from '../../src/acceptor/connection.ts';
import { ConnectionTable } from '../../src/acceptor/connection-table.ts';
import { unopenedConnection } from '../helpers/unopened-connection.ts';

const add = (table: ConnectionTable): Connection => {
  const slot = table.takeSlot();
  if (slot === undefined) throw new Error('no slot');
  const connection = unopenedConnection(slot);
  table.add(connection);
  return connection;
};

test('slots are dense, found, and given out again, the last freed first', (t) => {
  const table = new ConnectionTable();
  const [zero, one, two] = [add(table), add(table), add(table)];
  t.deepEqual([zero.slot, one.slot, two.slot], [0, 1, 2]);
  t.is(table.size, 3);
  t.is(table.get(1), one);
  table.remove(one);
  table.remove(zero);
  t.is(table.size, 1);
  t.is(table.get(1), undefined);
  t.is(table.get(77), undefined);
  t.deepEqual([add(table).slot, add(table).slot, add(table).slot], [0, 1, 3]);
});

test('a slot that was taken and not used is not given out twice', (t) => {
  const table = new ConnectionTable();
  t.not(table.takeSlot(), table.takeSlot());
});

test('all are visited, though visits remove', (t) => {
  const table = new ConnectionTable();
  const connections = [add(table), add(table), add(table), add(table)];
  const visited: number[] = [];
  table.forEach((connection) => {
    visited.push(connection.slot);
    table.remove(connection);
    // Another one, too: it is not visited any more.
    if (connection.slot === 0) table.remove(connections[2] as Connection);
  });
  t.deepEqual(visited, [0, 1, 3]);
  t.is(table.size, 0);
});
